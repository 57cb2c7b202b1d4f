//! The session description of a camera (RFC 4566, with the media parameters of RFC 6184 §8.2 and
//! RFC 7798 §7.2).

use std::net::IpAddr;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::clip::Clip;
use super::codec::Codec;
use super::description::Description;
use super::playout::PAYLOAD_TYPE;
use super::side_stream::SideStream;

/// The last part of the URL of a camera's video.
pub(crate) const STREAM: &str = "video";

/// Describes the camera `id` as served from the address `host`, with other streams besides its video.
pub(crate) fn describe<'t>(
    id: &str,
    clip: &Clip,
    host: IpAddr,
    beside: impl Iterator<Item = &'t SideStream>,
) -> Description {
    let family = if host.is_ipv4() { "IP4" } else { "IP6" };
    let any = if host.is_ipv4() { "0.0.0.0" } else { "::" };
    let (width, height) = clip.size_px();
    let encoding = match clip.codec() {
        Codec::H264 => "H264",
        Codec::H265 => "H265",
    };
    let mut description = Description::new([
        "v=0".to_owned(),
        format!("o=- 1 1 IN {family} {host}"),
        format!("s={id}"),
        format!("c=IN {family} {any}"),
        "t=0 0".to_owned(),
        "a=tool:hw-sim".to_owned(),
        "a=control:*".to_owned(),
        "a=range:npt=now-".to_owned(),
        format!("m=video 0 RTP/AVP {PAYLOAD_TYPE}"),
        format!("a=rtpmap:{PAYLOAD_TYPE} {encoding}/90000"),
        format!("a=fmtp:{PAYLOAD_TYPE} {}", format_parameters(clip)),
        format!("a=framerate:{}", frame_rate(clip)),
        format!("a=x-dimensions:{width},{height}"),
        format!("a=control:{STREAM}"),
    ]);
    for side in beside {
        for line in side.lines {
            if side.is_first {
                description.insert_before("m=video", *line);
            } else {
                description.push(*line);
            }
        }
    }
    description
}

/// Whole numbers as such, others with three decimals: 25, 29.970.
fn frame_rate(clip: &Clip) -> String {
    let rate = clip.pictures_per_sec();
    if (rate - rate.round()).abs() < 0.0005 { format!("{rate:.0}") } else { format!("{rate:.3}") }
}

fn format_parameters(clip: &Clip) -> String {
    let sets = |kinds: &[u8]| -> Vec<&[u8]> {
        let sets = clip.parameter_sets().iter().map(Vec::as_slice);
        let kind_of = |set: &[u8]| clip.codec().nal_unit_type(set);
        sets.filter(|set| kind_of(set).is_some_and(|kind| kinds.contains(&kind))).collect()
    };
    match clip.codec() {
        Codec::H264 => {
            let mut parameters = "packetization-mode=1".to_owned();
            if let Some([_, profile, constraints, level, ..]) = sets(&[7]).first() {
                let id = format!(";profile-level-id={profile:02X}{constraints:02X}{level:02X}");
                parameters.push_str(&id);
            }
            parameters + ";sprop-parameter-sets=" + &base64_list(&sets(&[7, 8]))
        }
        Codec::H265 => format!(
            "sprop-vps={};sprop-sps={};sprop-pps={}",
            base64_list(&sets(&[32])),
            base64_list(&sets(&[33])),
            base64_list(&sets(&[34])),
        ),
    }
}

fn base64_list(sets: &[&[u8]]) -> String {
    let encoded: Vec<String> = sets.iter().map(|set| STANDARD.encode(set)).collect();
    encoded.join(",")
}
