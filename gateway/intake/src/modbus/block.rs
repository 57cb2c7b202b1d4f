//! Reads that are merged: one request for all points that lie near each other.

use crate::modbus::settings::{Point, Table};

/// The most registers in one answer (Application Protocol V1.1b3, sections 6.3 and 6.4).
const MOST_REGISTERS: u32 = 125;
/// The most coils or discrete inputs in one answer (sections 6.1 and 6.2).
const MOST_BITS: u32 = 2_000;
/// Registers between two points that are read along with them. Sixteen take 32 bytes of the answer; a
/// request of their own would take 66 bytes with its headers, and another way there and back.
const GAP_REGISTERS: u32 = 16;
/// The same for bits: 32 bytes, too.
const GAP_BITS: u32 = 256;

/// One request.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Block {
    pub(crate) unit_id: u8,
    pub(crate) table: Table,
    pub(crate) address: u16,
    pub(crate) quantity: u16,
    /// The points in it, by their place in the settings, ordered by their address.
    pub(crate) points: Vec<usize>,
}

/// As few requests for `points` as reading across gaps allows.
pub(crate) fn plan(points: &[Point]) -> Vec<Block> {
    let mut order: Vec<usize> = (0..points.len()).collect();
    order.sort_by_key(|at| {
        points.get(*at).map(|point| (point.unit_id, point.table, point.address, *at))
    });
    let mut blocks: Vec<Block> = Vec::new();
    for at in order {
        let Some(point) = points.get(at) else { continue };
        let joined = blocks.last_mut().is_some_and(|block| block.join(at, point));
        if !joined {
            blocks.push(Block {
                unit_id: point.unit_id,
                table: point.table,
                address: point.address,
                quantity: point.form.width(),
                points: vec![at],
            });
        }
    }
    blocks
}

impl Block {
    /// Takes a point that lies no further than a gap behind it. Says whether it did.
    fn join(&mut self, at: usize, point: &Point) -> bool {
        let (most, gap) = if self.table.has_bits() {
            (MOST_BITS, GAP_BITS)
        } else {
            (MOST_REGISTERS, GAP_REGISTERS)
        };
        let end = u32::from(self.address) + u32::from(self.quantity);
        let new_end = end.max(u32::from(point.address) + u32::from(point.form.width()));
        let quantity = new_end - u32::from(self.address);
        let is_near = (self.unit_id, self.table) == (point.unit_id, point.table)
            && u32::from(point.address) <= end + gap
            && quantity <= most;
        if let (true, Ok(quantity)) = (is_near, u16::try_from(quantity)) {
            self.quantity = quantity;
            self.points.push(at);
        }
        is_near
    }

    /// Both sides of its widest gap; of the middle, if its points touch. None if all of its points
    /// overlap, so that no smaller read could tell them apart.
    pub(crate) fn halves(&self, points: &[Point]) -> Option<[Self; 2]> {
        let place = |at: &usize| {
            points.get(*at).map(|point| {
                let start = u32::from(point.address);
                (start, start + u32::from(point.form.width()))
            })
        };
        let middle = self.points.len() / 2;
        let mut end = 0;
        let mut widest: Option<(u32, usize, usize)> = None;
        for (index, at) in self.points.iter().enumerate() {
            let (start, its_end) = place(at)?;
            if index > 0 && start >= end {
                let far = index.abs_diff(middle);
                let is_better = widest.is_none_or(|(gap, its_far, _)| {
                    start - end > gap || (start - end == gap && far < its_far)
                });
                if is_better {
                    widest = Some((start - end, far, index));
                }
            }
            end = end.max(its_end);
        }
        let (_, _, index) = widest?;
        let (left, right) = self.points.split_at_checked(index)?;
        Some([self.part(left, points)?, self.part(right, points)?])
    }

    fn part(&self, ats: &[usize], points: &[Point]) -> Option<Self> {
        let part: Option<Vec<&Point>> = ats.iter().map(|at| points.get(*at)).collect();
        let part = part?;
        let address = part.first()?.address;
        let end = part.iter().map(|point| u32::from(point.address) + u32::from(point.form.width()));
        let quantity = u16::try_from(end.max()? - u32::from(address)).ok()?;
        Some(Self { address, quantity, points: ats.to_vec(), ..self.clone() })
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use scene::SignalKind;

    use super::{Block, plan};
    use crate::modbus::settings::{Point, Table, ValueForm, WordOrder};

    fn point(unit_id: u8, table: Table, address: u16, form: ValueForm) -> Point {
        Point {
            name: String::new(),
            unit_id,
            table,
            address,
            form,
            word_order: WordOrder::Big,
            scale: 1.0,
            offset: 0.0,
            is_inverted: false,
            kind: SignalKind::Temperature,
            valid: None,
        }
    }

    fn reads(blocks: &[Block]) -> Vec<(u8, Table, u16, u16, usize)> {
        let read = |it: &Block| (it.unit_id, it.table, it.address, it.quantity, it.points.len());
        blocks.iter().map(read).collect()
    }

    #[test]
    fn what_lies_near_is_read_at_once_and_what_lies_far_is_not() {
        let holding = |address| point(1, Table::Holding, address, ValueForm::F32);
        let points: Vec<Point> = [
            vec![
                holding(18),
                holding(0),
                holding(200),
                point(2, Table::Holding, 2, ValueForm::U16),
            ],
            vec![
                point(1, Table::Coil, 0, ValueForm::Bit(0)),
                point(1, Table::Coil, 257, ValueForm::Bit(0)),
            ],
            (300..=360).map(|at| holding(at * 2)).collect(),
        ]
        .concat();
        let expected = [
            (1, Table::Coil, 0, 258, 2),
            (1, Table::Holding, 0, 20, 2),
            (1, Table::Holding, 200, 2, 1),
            (1, Table::Holding, 600, 122, 61),
            (2, Table::Holding, 2, 1, 1),
        ];
        assert_eq!(reads(&plan(&points)), expected);
        let full: Vec<Point> =
            (0..130).map(|at| point(1, Table::Input, at, ValueForm::I16)).collect();
        assert_eq!(
            reads(&plan(&full)),
            [(1, Table::Input, 0, 125, 125), (1, Table::Input, 125, 5, 5)]
        );
    }

    #[test]
    fn a_block_falls_apart_at_its_widest_gap_and_then_in_the_middle() {
        let at = |address| point(1, Table::Holding, address, ValueForm::U16);
        let points = [at(0), at(1), at(2), at(9), at(9)];
        let [block] = plan(&points).try_into().unwrap();
        let [left, right] = block.halves(&points).unwrap();
        assert_eq!(
            reads(&[left.clone(), right.clone()]),
            [(1, Table::Holding, 0, 3, 3), (1, Table::Holding, 9, 1, 2)]
        );
        assert_eq!(right.halves(&points), None, "two points of one register");
        let [first, _] = left.halves(&points).unwrap();
        assert_eq!(first.points, [0]);
    }

    fn any_point() -> impl Strategy<Value = Point> {
        let tables = prop_oneof![Just(Table::Coil), Just(Table::Holding)];
        (1_u8..3, tables, prop_oneof![0_u16..400, 0_u16..65_534], any::<bool>()).prop_map(
            |(unit_id, table, address, is_wide)| {
                let wide = if is_wide { ValueForm::U32 } else { ValueForm::U16 };
                let form = if table.has_bits() { ValueForm::Bit(0) } else { wide };
                point(unit_id, table, address, form)
            },
        )
    }

    proptest! {
        #[test]
        fn every_point_is_in_one_block_that_holds_it_whole(
            points in prop::collection::vec(any_point(), 0..80)
        ) {
            let mut work = plan(&points);
            let mut seen = Vec::new();
            while let Some(block) = work.pop() {
                let most = if block.table.has_bits() { 2_000 } else { 125 };
                prop_assert!(block.quantity <= most);
                for at in &block.points {
                    let point = &points[*at];
                    prop_assert_eq!((point.unit_id, point.table), (block.unit_id, block.table));
                    prop_assert!(point.address >= block.address);
                    let end = u32::from(block.address) + u32::from(block.quantity);
                    prop_assert!(u32::from(point.address) + u32::from(point.form.width()) <= end);
                }
                match block.halves(&points) {
                    Some([left, right]) => {
                        prop_assert_eq!([left.points.clone(), right.points.clone()].concat(), block.points);
                        work.extend([left, right]);
                    }
                    None => seen.extend(block.points),
                }
            }
            seen.sort_unstable();
            prop_assert_eq!(seen, (0..points.len()).collect::<Vec<_>>());
        }
    }
}
