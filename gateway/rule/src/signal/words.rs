//! Chinese words for what doors and sensors say.

use scene::{DoorEvent, SignalKind};

/// A quantity.
pub(super) const fn quantity(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::DoorContact => "门磁",
        SignalKind::Lock => "门锁",
        SignalKind::DoorEvent => "门禁事件",
        SignalKind::Tamper => "防拆",
        SignalKind::Smoke => "烟雾",
        SignalKind::ResidualCurrent => "剩余电流",
        SignalKind::Temperature => "温度",
        SignalKind::WaterLevel => "水位",
        SignalKind::Heartbeat => "在线状态",
        SignalKind::Crossing => "越线人数",
        SignalKind::Guard => "岗位有人",
        SignalKind::Ebike => "电动自行车",
        SignalKind::ChargingWire => "飞线",
    }
}

/// A unit, as it follows a number.
pub(super) const fn unit(kind: SignalKind) -> &'static str {
    match kind {
        SignalKind::ResidualCurrent => "毫安",
        SignalKind::Temperature => "℃",
        SignalKind::WaterLevel => "米",
        SignalKind::Crossing => "人",
        _ => "",
    }
}

/// A state that holds.
pub(super) const fn state(kind: SignalKind, value: bool) -> &'static str {
    match (kind, value) {
        (SignalKind::DoorContact, true) => "门处于开启状态",
        (SignalKind::DoorContact, false) => "门处于关闭状态",
        (SignalKind::Lock, true) => "门锁处于上锁状态",
        (SignalKind::Lock, false) => "门锁处于未锁状态",
        (SignalKind::Tamper, true) => "设备防拆报警",
        (SignalKind::Tamper, false) => "设备防拆正常",
        (SignalKind::Smoke, true) => "探测到烟雾",
        (SignalKind::Smoke, false) => "未探测到烟雾",
        (_, true) => "状态为是",
        (_, false) => "状态为否",
    }
}

/// Something that happened.
pub(super) const fn event(event: DoorEvent) -> &'static str {
    match event {
        DoorEvent::ForcedOpen => "门被强行打开",
        DoorEvent::HeldOpen => "门长时间未关",
        DoorEvent::AccessGranted => "刷卡放行",
        DoorEvent::ExitRequest => "按钮开门",
        DoorEvent::AccessDenied => "拒绝通行",
        DoorEvent::Duress => "胁迫开门",
        DoorEvent::Tailgating => "尾随通行",
        DoorEvent::FireRelease => "消防释放",
    }
}

/// A number with two decimals at most.
pub(super) fn number(value: f64) -> String {
    let text = format!("{value:.2}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

#[cfg(test)]
mod tests {
    use super::number;

    #[test]
    fn numbers_are_short() {
        let told = [520.0, 0.125, -0.001, 1.5, 70.249, 100.0].map(number);
        assert_eq!(told, ["520", "0.12", "0", "1.5", "70.25", "100"]);
    }
}
