//! Cases whose gateway says odd things, or the same again and again.

use super::*;

#[test]
fn what_comes_back_after_endless_news_is_taken_up_again_once() {
    let mut town = Town::new(calm("s2-five-steps"));
    let mut scene = Scene::new(1, "material_pile");
    for action in std::iter::once("open").chain(["update"; 600]).chain(["clear"]) {
        let alert = scene.alert(action, None);
        town.hear(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    for action in ["update", "clear"] {
        let alert = scene.alert(action, None);
        town.hear(alert);
    }
    town.play(&mut scene, &[Verdict::Passed]);
    let again = town.said.iter().filter(|said| said.event == Event::Reopened);
    assert_eq!(again.count(), 1);
    let last = town.said.last().unwrap();
    assert_eq!((last.event, last.case.stage_name.as_deref()), (Event::Evaluated, Some("评估")));
}
