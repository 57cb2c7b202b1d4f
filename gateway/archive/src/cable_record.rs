//! Looks for new cables as they are written behind a picture.

use scene::{
    BoundingBox, Cable, CableLook, CableSight, MOST_CABLE_LOOKS, MOST_CABLE_POINTS, MOST_CABLES,
    Point,
};

use crate::quantity;
use crate::varint::{Reader, put, put_signed};

/// What a look showed; of one that saw the place the number of cables is added.
const NO_REFERENCE: u64 = 0;
const UNALIGNED: u64 = 1;
const HIDDEN: u64 = 2;
const SEEN: u64 = 3;

pub(crate) fn put_cables(out: &mut Vec<u8>, looks: &[CableLook]) {
    let looks = looks.iter().take(MOST_CABLE_LOOKS);
    put(out, looks.len() as u64);
    for CableLook { place, sight } in looks {
        [place.left, place.top, place.right, place.bottom].iter().for_each(|it| put_edge(out, *it));
        match sight {
            CableSight::NoReference => put(out, NO_REFERENCE),
            CableSight::Unaligned => put(out, UNALIGNED),
            CableSight::Hidden => put(out, HIDDEN),
            CableSight::Seen(cables) => {
                let cables = cables.iter().take(MOST_CABLES);
                put(out, SEEN + cables.len() as u64);
                cables.for_each(|cable| put_cable(out, cable));
            }
        }
    }
}

fn put_cable(out: &mut Vec<u8>, cable: &Cable) {
    out.push(quantity::score_steps(cable.score));
    put(out, u64::from(cable.length_px));
    let points = cable.path.iter().take(MOST_CABLE_POINTS);
    put(out, points.len() as u64);
    for point in points {
        put_edge(out, point.x);
        put_edge(out, point.y);
    }
}

fn put_edge(out: &mut Vec<u8>, edge: f32) {
    put_signed(out, i64::from(quantity::edge_steps(edge)));
}

/// The looks behind a picture; none if they are damaged.
pub(crate) fn read_cables(reader: &mut Reader) -> Option<Vec<CableLook>> {
    let count = at_most(reader.unsigned()?, MOST_CABLE_LOOKS)?;
    (0..count).map(|_| read_look(reader)).collect()
}

fn read_look(reader: &mut Reader) -> Option<CableLook> {
    let [left, top, right, bottom] = [edge(reader)?, edge(reader)?, edge(reader)?, edge(reader)?];
    let place = BoundingBox { left, top, right, bottom };
    let sight = match reader.unsigned()? {
        NO_REFERENCE => CableSight::NoReference,
        UNALIGNED => CableSight::Unaligned,
        HIDDEN => CableSight::Hidden,
        seen => {
            let count = at_most(seen - SEEN, MOST_CABLES)?;
            CableSight::Seen((0..count).map(|_| read_cable(reader)).collect::<Option<_>>()?)
        }
    };
    Some(CableLook { place, sight })
}

fn read_cable(reader: &mut Reader) -> Option<Cable> {
    let score = quantity::score(reader.byte()?);
    let length_px = u32::try_from(reader.unsigned()?).ok()?;
    let points = at_most(reader.unsigned()?, MOST_CABLE_POINTS)?;
    let point = |reader: &mut Reader| Some(Point { x: edge(reader)?, y: edge(reader)? });
    let path = (0..points).map(|_| point(reader)).collect::<Option<_>>()?;
    Some(Cable { score, length_px, path })
}

fn edge(reader: &mut Reader) -> Option<f32> {
    i32::try_from(reader.signed()?).ok().map(quantity::edge)
}

fn at_most(count: u64, most: usize) -> Option<usize> {
    usize::try_from(count).ok().filter(|count| *count <= most)
}
