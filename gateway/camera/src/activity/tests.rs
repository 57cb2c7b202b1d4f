//! What sizes tell, of cameras whose sizes are drawn by dice. `tests/activity` has clips of real encoders.

use super::*;

const FPS: i64 = 25;

/// A camera with a key frame every so often, and the reader of its sizes.
struct Camera {
    sizes: UnitSizes,
    dice: u64,
    picture: i64,
    gop: i64,
    key_bytes: f32,
    other_bytes: f32,
    /// How much sizes differ by chance, as a share.
    jitter: f32,
}

impl Camera {
    /// An unmoving scene at a constant quality.
    fn still() -> Self {
        Self {
            sizes: UnitSizes::default(),
            dice: 0x9e37_79b9_7f4a_7c15,
            picture: 0,
            gop: 50,
            key_bytes: 35_000.0,
            other_bytes: 700.0,
            jitter: 0.3,
        }
    }

    /// The same, known to its reader for three minutes and looked at now.
    fn known(self) -> Self {
        let mut camera = self;
        camera.play(180, 1.0);
        camera.look();
        camera
    }

    fn now(&self) -> CaptureTime {
        CaptureTime::from_unix_micros(1_000_000_000 + self.picture * 1_000_000 / FPS)
    }

    /// From -1 to 1.
    fn throw(&mut self) -> f32 {
        self.dice ^= self.dice << 13;
        self.dice ^= self.dice >> 7;
        self.dice ^= self.dice << 17;
        (self.dice % 2001) as f32 / 1000.0 - 1.0
    }

    /// Sends so many seconds, in which pictures between key frames are so many times as large as usual.
    fn play(&mut self, secs: i64, growth: f32) {
        for _ in 0..secs * FPS {
            self.send(growth, false);
        }
    }

    fn send(&mut self, growth: f32, is_torn: bool) {
        let is_key = self.picture % self.gop == 0;
        let share = if is_key { 0.01 } else { self.jitter };
        let by_chance = 1.0 + share * self.throw();
        let usual = if is_key { self.key_bytes } else { self.other_bytes * growth };
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "no dice throw that"
        )]
        let bytes = (usual * by_chance) as usize;
        self.sizes.read(UnitSize { captured_at: self.now(), bytes, is_key, is_torn });
        self.picture += 1;
    }

    fn look(&mut self) {
        self.sizes.look(self.now());
    }

    fn activity(&self) -> Activity {
        self.sizes.activity(self.now())
    }

    /// Of so many looks, 30 s apart in an unmoving scene: those before which nothing had happened.
    fn quiet_looks(&mut self, looks: usize) -> usize {
        let quiet = (0..looks).filter(|_| {
            self.play(30, 1.0);
            let activity = self.activity();
            self.look();
            activity == Activity::Quiet
        });
        quiet.count()
    }

    /// How many seconds pass until it is told that something began.
    fn begins_after(&mut self, growth: f32) -> Option<i64> {
        (1..=30).find(|_| {
            self.play(1, growth);
            self.activity() == Activity::Began
        })
    }
}

#[test]
fn an_unmoving_scene_is_quiet_once_it_is_known() {
    let mut camera = Camera::still();
    camera.look();
    camera.play(55, 1.0);
    assert_eq!(camera.activity(), Activity::Unsure, "it is not known yet");
    camera.play(125, 1.0);
    camera.look();
    let quiet = camera.quiet_looks(100);
    assert!(quiet >= 90, "{quiet} of 100");
}

#[test]
fn what_comes_is_told_at_once_and_what_comes_slowly_within_its_time() {
    let fast = Camera::still().known().begins_after(3.0);
    assert!(fast.is_some_and(|secs| secs <= 2), "{fast:?}");
    let slow = Camera::still().known().begins_after(1.15);
    assert!(slow.is_some_and(|secs| secs <= 20), "{slow:?}");
}

#[test]
fn one_large_picture_is_enough_wherever_it_stands() {
    for pictures_after_key in [1, 2, 20, 30, 47] {
        let mut camera = Camera::still().known();
        for _ in 0..50 + pictures_after_key {
            camera.send(1.0, false);
        }
        camera.look();
        camera.send(12.0, false);
        camera.play(2, 1.0);
        assert_eq!(camera.activity(), Activity::Began, "{pictures_after_key}");
    }
}

#[test]
fn what_has_happened_is_remembered_until_the_next_look() {
    let mut camera = Camera::still().known();
    camera.play(2, 3.0);
    camera.play(28, 1.0);
    assert_eq!(camera.activity(), Activity::Began);
    camera.look();
    camera.play(30, 1.0);
    assert_eq!(camera.activity(), Activity::Quiet);
}

#[test]
fn a_stream_that_shrinks_is_not_quiet() {
    let mut camera = Camera::still().known();
    camera.play(10, 0.4);
    assert_eq!(camera.activity(), Activity::Unsure);
}

#[test]
fn another_level_is_usual_after_minutes() {
    let mut camera = Camera::still().known();
    camera.play(600, 1.6);
    camera.other_bytes *= 1.6;
    camera.look();
    let quiet = camera.quiet_looks(50);
    assert!(quiet >= 40, "{quiet} of 50");
}

#[test]
fn a_smart_codec_sends_next_to_nothing_and_long_groups() {
    let mut camera = Camera { other_bytes: 40.0, gop: 1500, ..Camera::still() };
    camera.play(900, 1.0);
    camera.look();
    let quiet = camera.quiet_looks(40);
    assert!(quiet >= 36, "{quiet} of 40");
    camera.play(10, 1.0);
    camera.look();
    camera.send(40.0, false);
    camera.play(2, 1.0);
    assert_eq!(camera.activity(), Activity::Began);
}

#[test]
fn noise_or_a_constant_bit_rate_in_every_picture_tells_nothing() {
    for (other_bytes, jitter) in [(20_000.0, 0.02), (6_000.0, 0.3)] {
        let camera = Camera { other_bytes, jitter, ..Camera::still() };
        let mut camera = camera.known();
        assert_eq!(camera.quiet_looks(20), 0, "{other_bytes}");
        assert_eq!(camera.begins_after(3.0), None, "{other_bytes}");
    }
}

#[test]
fn a_scene_that_never_stands_still_tells_nothing() {
    let mut camera = Camera::still();
    let quiet = (0..600).filter(|second| {
        let growth = 1.0 + 2.0 * camera.throw().abs();
        camera.play(1, growth * growth);
        let is_turn = second % 30 == 0;
        let activity = camera.activity();
        if is_turn {
            camera.look();
        }
        is_turn && activity == Activity::Quiet
    });
    assert_eq!(quiet.count(), 0);
}

#[test]
fn after_a_loss_nothing_is_told_until_a_look_after_it_is_mended() {
    let mut camera = Camera::still().known();
    camera.send(1.0, true);
    camera.play(20, 1.0);
    assert_eq!(camera.activity(), Activity::Unsure, "what was lost may have shown something");
    camera.look();
    assert_eq!(camera.quiet_looks(1), 1);
    camera.send(1.0, true);
    camera.look();
    camera.play(5, 1.0);
    assert_eq!(camera.activity(), Activity::Unsure, "the camera mends its pictures");
}

#[test]
fn a_look_that_finds_change_where_sizes_showed_none_silences_them() {
    let mut camera = Camera::still().known();
    assert_eq!(camera.quiet_looks(1), 1);
    camera.sizes.saw_change();
    assert_eq!(camera.quiet_looks(19), 0, "for ten minutes");
    assert!(camera.quiet_looks(10) >= 7);
    // Change that sizes had shown contradicts nothing.
    camera.play(2, 3.0);
    camera.look();
    camera.sizes.saw_change();
    camera.play(30, 1.0);
    camera.look();
    assert!(camera.quiet_looks(3) >= 2);
}

#[test]
fn a_new_stream_a_silence_and_a_clock_that_steps_are_not_quiet() {
    let mut camera = Camera::still().known();
    camera.sizes.restart();
    camera.look();
    camera.play(30, 1.0);
    assert_eq!(camera.activity(), Activity::Unsure);
    for pictures in [FPS * 30, -FPS * 30, -FPS * 86_400] {
        let mut camera = Camera::still().known();
        camera.picture += pictures / 50 * 50;
        camera.play(20, 1.0);
        assert_eq!(camera.activity(), Activity::Unsure, "{pictures}");
        camera.look();
        assert_eq!(camera.quiet_looks(1), 1, "{pictures}");
    }
}

#[test]
fn a_lost_look_is_made_up_for() {
    let mut camera = Camera::still().known();
    camera.sizes.lose_look();
    camera.play(20, 1.0);
    assert_eq!(camera.activity(), Activity::Unsure);
}

#[test]
fn a_camera_takes_less_than_half_a_kilobyte() {
    assert!(size_of::<UnitSizes>() < 512, "{}", size_of::<UnitSizes>());
}
