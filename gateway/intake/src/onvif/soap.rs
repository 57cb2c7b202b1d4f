//! The requests: SOAP 1.2, WS-Addressing and WS-BaseNotification, as far as a pull point needs them.

use quick_xml::escape::escape;

/// What is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Call {
    GetSystemDateAndTime,
    GetCapabilities,
    CreatePullPointSubscription,
    PullMessages,
    Renew,
    Unsubscribe,
}

/// How long a subscription lives if it is not renewed.
const TERM: &str = "PT120S";

impl Call {
    fn action(self) -> &'static str {
        match self {
            Self::GetSystemDateAndTime => {
                "http://www.onvif.org/ver10/device/wsdl/GetSystemDateAndTime"
            }
            Self::GetCapabilities => "http://www.onvif.org/ver10/device/wsdl/GetCapabilities",
            Self::CreatePullPointSubscription => {
                "http://www.onvif.org/ver10/events/wsdl/EventPortType/CreatePullPointSubscriptionRequest"
            }
            Self::PullMessages => {
                "http://www.onvif.org/ver10/events/wsdl/PullPointSubscription/PullMessagesRequest"
            }
            Self::Renew => "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/RenewRequest",
            Self::Unsubscribe => {
                "http://docs.oasis-open.org/wsn/bw-2/SubscriptionManager/UnsubscribeRequest"
            }
        }
    }

    fn body(self) -> String {
        let device = "xmlns=\"http://www.onvif.org/ver10/device/wsdl\"";
        let events = "xmlns=\"http://www.onvif.org/ver10/events/wsdl\"";
        let notification = "xmlns=\"http://docs.oasis-open.org/wsn/b-2\"";
        match self {
            Self::GetSystemDateAndTime => format!("<GetSystemDateAndTime {device}/>"),
            Self::GetCapabilities => {
                format!("<GetCapabilities {device}><Category>Events</Category></GetCapabilities>")
            }
            Self::CreatePullPointSubscription => format!(
                "<CreatePullPointSubscription {events}><InitialTerminationTime>{TERM}\
                 </InitialTerminationTime></CreatePullPointSubscription>"
            ),
            Self::PullMessages => format!(
                "<PullMessages {events}><Timeout>PT20S</Timeout><MessageLimit>64</MessageLimit>\
                 </PullMessages>"
            ),
            Self::Renew => {
                format!("<Renew {notification}><TerminationTime>{TERM}</TerminationTime></Renew>")
            }
            Self::Unsubscribe => format!("<Unsubscribe {notification}/>"),
        }
    }

    /// The whole request: `to` is the address, `parameters` what the device wants to hear again,
    /// `security` who asks.
    pub(super) fn envelope(self, to: &str, parameters: &str, security: &str) -> String {
        let (action, body, to) = (self.action(), self.body(), escape(to));
        format!(
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\
             <s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
             xmlns:wsa=\"http://www.w3.org/2005/08/addressing\"><s:Header>\
             <wsa:Action s:mustUnderstand=\"1\">{action}</wsa:Action><wsa:To>{to}</wsa:To>\
             {parameters}{security}</s:Header><s:Body>{body}</s:Body></s:Envelope>"
        )
    }
}
