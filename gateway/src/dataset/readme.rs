//! `README.md` of a training set: what is in it, what it does not say, and who may use it for how long.

use super::tally::Tally;

/// What the text tells of one export.
pub(super) struct Readme<'a> {
    pub(super) tally: &'a Tally,
    /// What was selected, in words.
    pub(super) selection: &'a str,
    pub(super) made_at: &'a str,
    pub(super) delete_after: &'a str,
    /// Originals were asked for.
    pub(super) with_originals: bool,
}

const MASKED: &str = "\
Pictures whose `masked` is true are masked: heads and number plates that were found are unreadable. What the
detector missed is **not**, and a camera may write its place into its own picture. So this is personal data still.";

const ORIGINALS: &str = "\
**Pictures whose `masked` is false are as the cameras took them: they show faces and number plates.** Whoever
made this set opened them with the key of originals. The gateway's history does not record that; write it down.";

const FILES: &str = "\
| file | what |
|---|---|
| `annotations.json` | COCO: `images`, `annotations`, `categories`, `info`, `licenses` |
| `images/` | the pictures, named ALERT-MESSAGE.jpg; `file_name` is without the folder |
| `hard_negatives.json` | boxes that people called false: `taken_for`, and in `fault` what was wrong |
| `SHA256SUMS` | of all other files: `sha256sum -c SHA256SUMS`. If it is missing, the export was cut off |

`bbox` is in pixels: left, top, width, height. A category is the detector's word for the object; ids differ from
export to export, names do not. `incident_type` is the type of the alert.

| `label` | what is known | boxes |
|---|---|---|
| `confirmed` | the case system called it right (`label_source` `case_label`), or people took the case up and nobody took that back (`case_stage`) | annotations |
| `still_there` | a re-check by the gateway found it still there; no person has judged | annotations |
| `false_alarm` | the case system called it a false alarm | hard negatives |
| `wrong` | the case system said that it was not right; `true_type`, if somebody named one | hard negatives |
| `gone` | a re-check found the place clear, and the picture shows nothing of the kind there | none |

## What it does not say

- **A picture is not labelled exhaustively.** Boxes are only those of the alert. Other people and cars in the
  picture have none. Learn from crops, or label the rest first.
- `fault` in `hard_negatives.json`: only `object` says that the thing was not what it was taken for. With
  `judgement` (permitted, no offence, a duplicate) and `type` the detector may have been right: it is a negative
  for the incident, not for the class. With `unsaid` nobody said.
- Nobody confirmed the detector's word for an object, or its box: people judge the incident.
- **A red line is drawn just inside each box** of a picture whose `outlined` is true, a two-hundredth of the
  picture's height wide and at least 2 pixels. A model would learn the line. Take originals, or cover the line in
  positives and negatives alike.
- Of a camera, a whole local day lies in one `split`, always the same (a hash). What stands for days may lie in two.
- `confidence`, `threshold`, `class_thresholds`, `model` are those of the alert, when it was told.
- `drill` is true where the gateway marked the alert as a test.
";

const PRIVACY: &str = "\
The pictures show streets and the people in them. They belong to whoever runs the cameras; no licence to publish
or to pass them on is given.

- *Who:* the body that runs the cameras, and whom it has charged in writing (PIPL 个人信息保护法, Art. 21), for
  nothing but to improve the recognition of the incidents that these cameras are there for. Pictures of public
  places serve public security only (Art. 26), unless those who are shown have consented.
- *How long:* no longer than the training needs (Art. 19). Delete the folder then, and its copies.
- *How:* on encrypted disks, for named people. A model trained on it may be used without it.

本数据集含公共场所图像，属个人信息。仅限摄像头运营单位及其书面委托方（《个人信息保护法》第二十一条）用于改进本系统的
识别能力；公共场所图像只能用于维护公共安全的目的（第二十六条）。不得公开、不得转交他人；训练结束即删除，
不得超过下列期限（第十九条）。
";

impl Readme<'_> {
    pub(super) fn text(&self) -> String {
        let Self { tally, selection, made_at, delete_after, with_originals } = self;
        let version = env!("CARGO_PKG_VERSION");
        let warning = if *with_originals { format!("{ORIGINALS}\n\n") } else { String::new() };
        format!(
            "# A training set of judged alerts\n\n\
             Made by gridwhistle {version} at {made_at}: {selection}.\n\n\
             ```\n{tally}```\n\n{warning}{MASKED}\n\n\
             ## Files\n\n{FILES}\n\
             ## Who may use it, and for how long\n\n{PRIVACY}\n\
             Delete it by / 删除期限: **{delete_after}**, which is as long as the gateway keeps evidence.\n"
        )
    }
}
