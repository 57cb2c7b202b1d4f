//! An input that does harm, made as short as it can be.

/// Tries at most; each costs one execution.
const MOST_TRIES: usize = 1000;

/// Takes stretches away as long as `does_harm` says that what is left still does.
pub(crate) fn minimise(input: &[u8], mut does_harm: impl FnMut(&[u8]) -> bool) -> Vec<u8> {
    let mut least = input.to_vec();
    let mut stretch = least.len().div_ceil(2);
    let mut tries = 0;
    while stretch > 0 && tries < MOST_TRIES {
        let (mut at, before) = (0, least.len());
        while at < least.len() && tries < MOST_TRIES {
            let mut shorter = least.clone();
            shorter.drain(at..(at + stretch).min(least.len()));
            tries += 1;
            if does_harm(&shorter) {
                least = shorter;
            } else {
                at += stretch;
            }
        }
        if least.len() == before || stretch > 1 {
            stretch /= 2;
        }
    }
    least
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_does_harm_is_left() {
        let input: Vec<u8> = (0..=255).chain(0..=255).collect();
        let does_harm =
            |bytes: &[u8]| bytes.contains(&7) && bytes.windows(2).any(|it| it == [9, 10]);
        assert_eq!(minimise(&input, does_harm).len(), 3);
    }
}
