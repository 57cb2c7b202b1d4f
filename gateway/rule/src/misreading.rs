//! Boxes that are no obstacle: the detector's wrong word for something else in a passage.
//!
//! A detector must call a heap, a shadow or a patch of leaves by one of its classes, and on a lawn or in a
//! dark corner that is often "bird". What never keeps standing in a passage is such a word. It is not
//! believed, and it takes nothing away either: if something newly stands there, that is a thing of no class,
//! whatever the detector calls it.

use scene::Class;

/// The animals of COCO: they walk on, and one that lies down is a thing of no class. Then what flies or
/// hangs. Furniture of the street, such as "fire hydrant", is left out: bollards are called that, and obstruct.
const NEVER_STAND: [&str; 15] = [
    "bird",
    "cat",
    "dog",
    "horse",
    "sheep",
    "cow",
    "elephant",
    "bear",
    "zebra",
    "giraffe",
    "airplane",
    "kite",
    "frisbee",
    "sports ball",
    "traffic light",
];

/// Whether a box of this class shows no obstacle, where these `classes` count (all, if none) but for those
/// in `except`. Who names such a class, to count it or to let it stand, is believed.
pub(crate) fn is_misreading(class: &Class, classes: Option<&[Class]>, except: &[Class]) -> bool {
    let is_named = || classes.unwrap_or_default().iter().chain(except).any(|it| it == class);
    NEVER_STAND.contains(&class.as_str()) && !is_named()
}
