//! What a broker grants less of than the gateway asked for (MQTT 5 §3.2.2.3), in an operator's words, with
//! what to change there. The connection stands all the same; each of these can cost a message or much time.

use crate::broker::signal::Terms;
use crate::settings::{Settings, whole_secs};

/// An alert may be this large with its signature, in bytes; most are a tenth of it.
const LARGE_ALERT: u32 = 64 * 1024;

/// A broker that takes fewer messages at a time makes a backlog wait for each turn of the line.
const FEW_AT_A_TIME: u16 = 4;

/// A keep-alive below this breaks connections over a slow line, in seconds.
const HASTY_SECS: u16 = 5;

/// A broker that hears nothing for longer tells too late that the gateway is gone, in seconds.
const LATE_SECS: u32 = 600;

/// All of them. `hears` tells whether anything is to be sent to the gateway.
pub(super) fn shortfalls(settings: &Settings, terms: &Terms, hears: bool) -> Vec<String> {
    let told = [
        session(settings, terms).filter(|_| hears),
        wildcards(terms).filter(|_| hears),
        packets(terms),
        at_a_time(settings, terms),
        keep_alive(settings, terms),
    ];
    told.into_iter().flatten().collect()
}

fn session(settings: &Settings, terms: &Terms) -> Option<String> {
    let asked = whole_secs(settings.session_expiry);
    let granted = terms.session_expiry.filter(|granted| *granted < asked)?;
    let kept = match granted {
        0 => "nothing of what is sent to the gateway while it is away".to_owned(),
        secs => format!("what is sent to the gateway while it is away for {} only", spell(secs)),
    };
    Some(format!(
        "the broker keeps {kept}, not for {} as asked (MQTT 5: session expiry interval): case feedback and \
         commands of a longer outage are lost; raise the longest session expiry at the broker, or lower \
         session_hours in [mqtt] of gateway.toml if it is meant so",
        spell(asked)
    ))
}

fn wildcards(terms: &Terms) -> Option<String> {
    (!terms.takes_wildcards).then(|| {
        "the broker takes no subscription with a wildcard (+): case feedback and commands do not arrive; \
         alerts are delivered; allow wildcard subscriptions at the broker"
            .to_owned()
    })
}

fn packets(terms: &Terms) -> Option<String> {
    let limit = terms.packet_limit.filter(|limit| *limit < LARGE_ALERT)?;
    Some(format!(
        "the broker takes packets of {limit} bytes at most (MQTT 5: maximum packet size): an alert that is \
         larger waits here; raise its limit (Mosquitto: max_packet_size) to 256 KiB"
    ))
}

fn at_a_time(settings: &Settings, terms: &Terms) -> Option<String> {
    let most = terms.receive_maximum;
    let is_few = most < FEW_AT_A_TIME && most < settings.window;
    is_few.then(|| {
        format!(
            "the broker takes {most} unanswered message{} at a time (MQTT 5: receive maximum): after an \
             outage alerts come late; raise its limit (Mosquitto: max_inflight_messages) to 20, or lower \
             window_messages in [mqtt] of gateway.toml to {most} if it is meant so",
            if most == 1 { "" } else { "s" }
        )
    })
}

fn keep_alive(settings: &Settings, terms: &Terms) -> Option<String> {
    let asked = whole_secs(settings.keep_alive);
    let granted = terms.server_keep_alive.filter(|granted| u32::from(*granted) != asked)?;
    // The broker waits for half as long again (MQTT 5 §3.1.2.10).
    let silence = u32::from(granted) * 3 / 2;
    let what = match granted {
        0 => "never notices that the gateway is gone if the line is cut without a word".to_owned(),
        secs if secs < HASTY_SECS => {
            format!("wants a word each {secs} s, so a slow line breaks again and again")
        }
        _ if silence > LATE_SECS && u32::from(granted) > asked => {
            format!("notices only after {} that the gateway is gone", spell(silence))
        }
        _ => return None,
    };
    Some(format!(
        "the broker {what} (MQTT 5: server keep alive of {granted} s, not {asked} s as asked); let clients \
         choose their own there (Mosquitto: max_keepalive)"
    ))
}

/// A time in the largest unit that tells it whole.
fn spell(secs: u32) -> String {
    match secs {
        secs if secs >= 86_400 && secs % 86_400 == 0 => format!("{} days", secs / 86_400),
        secs if secs >= 3_600 && secs % 3_600 == 0 => format!("{} h", secs / 3_600),
        secs if secs >= 60 && secs % 60 == 0 => format!("{} min", secs / 60),
        secs => format!("{secs} s"),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::settings::BrokerAddress;

    #[test]
    fn a_broker_that_grants_what_was_asked_is_not_told_of_and_each_shortfall_is() {
        let broker = BrokerAddress { tls: true, host: "b".to_owned(), port: 8883 };
        let settings = Settings::new(broker, "gw-01", "cg/v1/a/b/c/gw-01");
        let fair = Terms {
            receive_maximum: 20,
            packet_limit: Some(LARGE_ALERT),
            server_keep_alive: Some(60),
            session_expiry: None,
            session_present: false,
            keeps_retained: true,
            takes_wildcards: true,
        };
        let told = |terms: Terms| shortfalls(&settings, &terms, true).join("; ");
        assert_eq!(told(fair), "");
        assert_eq!(told(Terms { session_expiry: Some(u32::MAX), packet_limit: None, ..fair }), "");
        let nothing = Terms { session_expiry: Some(0), ..fair };
        assert!(told(nothing).contains("keeps nothing of what"), "{}", told(nothing));
        assert!(told(nothing).contains("not for 7 days as asked"), "{}", told(nothing));
        assert!(shortfalls(&settings, &nothing, false).is_empty(), "nobody is heard");
        let hour = Terms { session_expiry: Some(3_600), ..fair };
        assert!(told(hour).contains("away for 1 h only"), "{}", told(hour));
        for (terms, words) in [
            (Terms { receive_maximum: 1, ..fair }, "takes 1 unanswered message at a time"),
            (Terms { packet_limit: Some(2_000), ..fair }, "packets of 2000 bytes at most"),
            (
                Terms { server_keep_alive: Some(0), ..fair },
                "never notices that the gateway is gone",
            ),
            (Terms { server_keep_alive: Some(1), ..fair }, "wants a word each 1 s"),
            (Terms { server_keep_alive: Some(7_200), ..fair }, "only after 3 h that"),
            (Terms { takes_wildcards: false, ..fair }, "no subscription with a wildcard"),
        ] {
            assert!(told(terms).contains(words), "{}", told(terms));
        }
        let meant = Settings { window: 1, ..settings.clone() };
        assert!(shortfalls(&meant, &Terms { receive_maximum: 1, ..fair }, true).is_empty());
    }
}
