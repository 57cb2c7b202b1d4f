//! Closed lists of words that a cell may hold, in Chinese and English.

use scene::SignalKind;

use crate::cell::Schemes;

/// A word of the configuration, and what sheets call it.
pub(crate) type Choice = (&'static str, &'static [&'static str]);

/// How a device speaks.
pub(crate) const PROTOCOLS: &[Choice] = &[
    ("isapi", &["isapi", "海康", "海康威视", "hikvision", "hik"]),
    ("dahua", &["dahua", "大华"]),
    ("onvif", &["onvif"]),
    ("onvif_mqtt", &["onvif_mqtt", "onvif-mqtt", "onvif mqtt"]),
    ("modbus", &["modbus", "modbus tcp", "modbus-tcp", "modbustcp"]),
    ("gb26875", &["gb26875", "gb/t 26875.3", "gb/t26875.3", "用传", "用户信息传输装置"]),
    ("mqtt", &["mqtt", "json", "json/mqtt"]),
];

/// Which registers of a Modbus device.
pub(crate) const TABLES: &[Choice] = &[
    ("holding", &["holding", "保持寄存器", "保持", "4x", "03"]),
    ("input", &["input", "输入寄存器", "输入", "3x", "04"]),
    ("coil", &["coil", "线圈", "0x", "01"]),
    ("discrete", &["discrete", "离散输入", "离散", "1x", "02"]),
];

/// How a register is read.
pub(crate) const VALUES: &[Choice] = &[
    ("u16", &["u16", "uint16", "word", "无符号16位"]),
    ("i16", &["i16", "int16", "short", "有符号16位"]),
    ("u32", &["u32", "uint32", "dword", "无符号32位"]),
    ("i32", &["i32", "int32", "有符号32位"]),
    ("f32", &["f32", "float", "float32", "浮点", "浮点数"]),
];

/// Which word of two comes first.
pub(crate) const WORD_ORDERS: &[Choice] = &[
    ("big", &["big", "大端", "高字在前", "abcd"]),
    ("little", &["little", "小端", "低字在前", "cdab"]),
];

/// How video travels.
pub(crate) const TRANSPORTS: &[Choice] =
    &[("tcp", &["tcp"]), ("udp", &["udp"]), ("http", &["http"])];

/// What sheets call the kinds of signal. A test holds it complete.
pub(crate) const SIGNAL_KINDS: &[Choice] = &[
    ("door_contact", &["door_contact", "门磁", "门状态"]),
    ("lock", &["lock", "门锁", "锁状态"]),
    ("door_event", &["door_event", "门事件", "门禁事件"]),
    ("tamper", &["tamper", "防拆"]),
    ("smoke", &["smoke", "烟感", "烟雾", "感烟"]),
    ("residual_current", &["residual_current", "剩余电流", "漏电", "漏电流"]),
    ("temperature", &["temperature", "温度", "电缆温度", "线缆温度"]),
    ("water_level", &["water_level", "水位", "液位", "积水"]),
    ("heartbeat", &["heartbeat", "心跳", "在线"]),
];

/// The word that `text` means.
pub(crate) fn word(choices: &[Choice], text: &str) -> Option<&'static str> {
    let plain = text.to_lowercase();
    choices.iter().find(|(_, names)| names.contains(&plain.as_str())).map(|(word, _)| *word)
}

/// The list for a fault: each word with its first Chinese name, if it has one.
pub(crate) fn listed(choices: &[Choice]) -> String {
    let words =
        choices.iter().map(|(word, names)| match names.iter().find(|name| !name.is_ascii()) {
            Some(name) => format!("{word} ({name})"),
            None => (*word).to_owned(),
        });
    words.collect::<Vec<_>>().join(", ")
}

/// The kind of signal that `text` means.
pub(crate) fn signal_kind(text: &str) -> Option<SignalKind> {
    let word = word(SIGNAL_KINDS, text)?;
    SignalKind::ALL.into_iter().find(|kind| kind.word() == word)
}

/// What a unit of a sheet is in the unit of the kind.
pub(crate) fn factor(kind: SignalKind, unit: &str) -> Option<f64> {
    let plain = unit.to_lowercase();
    let units: &[(&str, f64)] = match kind {
        SignalKind::ResidualCurrent => &[("ma", 1.0), ("毫安", 1.0), ("a", 1000.0), ("安", 1000.0)],
        SignalKind::Temperature => {
            &[("℃", 1.0), ("°c", 1.0), ("c", 1.0), ("cel", 1.0), ("度", 1.0), ("摄氏度", 1.0)]
        }
        SignalKind::WaterLevel => {
            &[("m", 1.0), ("米", 1.0), ("cm", 0.01), ("厘米", 0.01), ("mm", 0.001), ("毫米", 0.001)]
        }
        _ => &[],
    };
    units.iter().find(|(name, _)| *name == plain).map(|(_, factor)| *factor)
}

/// The incident that a value above its limit is.
pub(crate) const fn incident_above(kind: SignalKind) -> Option<&'static str> {
    match kind {
        SignalKind::ResidualCurrent => Some("residual_current_high"),
        SignalKind::Temperature => Some("cable_temperature_high"),
        SignalKind::WaterLevel => Some("water_level_high"),
        _ => None,
    }
}

/// The addresses of a protocol; none if the device calls us, or a broker stands between.
pub(crate) fn schemes(protocol: &str) -> Option<Schemes> {
    match protocol {
        "isapi" | "dahua" | "onvif" => Some(Schemes {
            allowed: &["http", "https"],
            bare: Some("http"),
            path: false,
            port: None,
        }),
        "modbus" => {
            Some(Schemes { allowed: &["tcp"], bare: Some("tcp"), path: false, port: Some(502) })
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_kind_of_signal_has_a_name_in_sheets() {
        for kind in SignalKind::ALL {
            assert_eq!(signal_kind(kind.word()), Some(kind));
            assert_eq!(factor(kind, "m").is_some(), kind == SignalKind::WaterLevel);
        }
        assert_eq!(SIGNAL_KINDS.len(), SignalKind::ALL.len());
    }
}
