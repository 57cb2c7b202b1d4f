//! The answers of a simulated ONVIF door, as XML.

use std::net::SocketAddr;

use jiff::Timestamp;
use jiff::tz::TimeZone;

/// A status and a body.
pub(super) type Answer = (&'static str, String);

fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
         <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:wsa5=\"http://www.w3.org/2005/08/addressing\" \
         xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\" \
         xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" \
         xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" \
         xmlns:tns1=\"http://www.onvif.org/ver10/topics\" \
         xmlns:ter=\"http://www.onvif.org/ver10/error\"><s:Body>{body}</s:Body></s:Envelope>"
    )
}

pub(super) fn fault(subcode: &str, status: &'static str) -> Answer {
    let body = format!(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>{subcode}</s:Value>\
         </s:Subcode></s:Code><s:Reason><s:Text xml:lang=\"en\">refused</s:Text></s:Reason></s:Fault>"
    );
    (status, envelope(&body))
}

pub(super) fn system_time(now: Timestamp) -> Answer {
    let at = now.to_zoned(TimeZone::UTC);
    let date = format!(
        "<tt:Time><tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second></tt:Time>\
         <tt:Date><tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day></tt:Date>",
        at.hour(),
        at.minute(),
        at.second(),
        at.year(),
        at.month(),
        at.day()
    );
    let body = format!(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime>\
         <tt:DateTimeType>NTP</tt:DateTimeType><tt:DaylightSavings>false</tt:DaylightSavings>\
         <tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone><tt:UTCDateTime>{date}</tt:UTCDateTime>\
         </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    );
    ("200 OK", envelope(&body))
}

pub(super) fn services(address: SocketAddr, is_list: bool) -> Answer {
    let (device, events) = (
        format!("http://{address}/onvif/device_service"),
        format!("http://{address}/onvif/events"),
    );
    let body = if is_list {
        let service = |namespace: &str, at: &str| {
            format!(
                "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{at}</tds:XAddr>\
                 <tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
            )
        };
        format!(
            "<tds:GetServicesResponse>{}{}</tds:GetServicesResponse>",
            service("http://www.onvif.org/ver10/device/wsdl", &device),
            service("http://www.onvif.org/ver10/events/wsdl", &events)
        )
    } else {
        format!(
            "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Events><tt:XAddr>{events}</tt:XAddr>\
             <tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>\
             <tt:WSPullPointSupport>true</tt:WSPullPointSupport>\
             <tt:WSPausableSubscriptionManagerInterfaceSupport>false\
             </tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events></tds:Capabilities>\
             </tds:GetCapabilitiesResponse>"
        )
    };
    ("200 OK", envelope(&body))
}

pub(super) fn subscribed(address: SocketAddr, number: u32, now: Timestamp) -> Answer {
    let body = format!(
        "<tev:CreatePullPointSubscriptionResponse><tev:SubscriptionReference>\
         <wsa5:Address>http://{address}/onvif/pull/{number}</wsa5:Address>\
         </tev:SubscriptionReference><wsnt:CurrentTime>{now}</wsnt:CurrentTime>\
         <wsnt:TerminationTime>{}</wsnt:TerminationTime>\
         </tev:CreatePullPointSubscriptionResponse>",
        later(now)
    );
    ("200 OK", envelope(&body))
}

pub(super) fn messages(messages: &[String], now: Timestamp) -> Answer {
    let body = format!(
        "<tev:PullMessagesResponse><tev:CurrentTime>{now}</tev:CurrentTime>\
         <tev:TerminationTime>{}</tev:TerminationTime>{}</tev:PullMessagesResponse>",
        later(now),
        messages.concat()
    );
    ("200 OK", envelope(&body))
}

pub(super) fn renewed(now: Timestamp) -> Answer {
    let body = format!(
        "<wsnt:RenewResponse><wsnt:TerminationTime>{}</wsnt:TerminationTime>\
         <wsnt:CurrentTime>{now}</wsnt:CurrentTime></wsnt:RenewResponse>",
        later(now)
    );
    ("200 OK", envelope(&body))
}

pub(super) fn ended() -> Answer {
    ("200 OK", envelope("<wsnt:UnsubscribeResponse/>"))
}

fn later(now: Timestamp) -> Timestamp {
    now.saturating_add(jiff::SignedDuration::from_secs(120)).unwrap_or(now)
}
