//! What a camera answers, in the order of elements that the ONVIF schemas ask for.

use jiff::Timestamp;
use jiff::tz::TimeZone;
use quick_xml::escape::escape;

use super::profile::{OnvifProfile, StreamProfile};

/// A whole answer.
pub(super) fn envelope(body: &str) -> String {
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\" xmlns:trt=\"http://www.onvif.org/ver10/media/wsdl\" \
         xmlns:tptz=\"http://www.onvif.org/ver20/ptz/wsdl\" xmlns:tev=\"http://www.onvif.org/ver10/events/wsdl\" \
         xmlns:tt=\"http://www.onvif.org/ver10/schema\" xmlns:ter=\"http://www.onvif.org/ver10/error\">\
         <s:Body>{body}</s:Body></s:Envelope>"
    )
}

/// A refusal: the subcode of ONVIF, such as `NotAuthorized`.
pub(super) fn fault(code: &str) -> String {
    envelope(&format!(
        "<s:Fault><s:Code><s:Value>s:Sender</s:Value><s:Subcode><s:Value>ter:{code}</s:Value></s:Subcode></s:Code>\
         <s:Reason><s:Text xml:lang=\"en\">{code}</s:Text></s:Reason></s:Fault>"
    ))
}

/// Its clock.
pub(super) fn date_and_time(now: Timestamp) -> String {
    let now = now.to_zoned(TimeZone::UTC).datetime();
    let time = format!(
        "<tt:Hour>{}</tt:Hour><tt:Minute>{}</tt:Minute><tt:Second>{}</tt:Second>",
        now.hour(),
        now.minute(),
        now.second()
    );
    let date = format!(
        "<tt:Year>{}</tt:Year><tt:Month>{}</tt:Month><tt:Day>{}</tt:Day>",
        now.year(),
        now.month(),
        now.day()
    );
    format!(
        "<tds:GetSystemDateAndTimeResponse><tds:SystemDateAndTime><tt:DateTimeType>Manual</tt:DateTimeType>\
         <tt:DaylightSavings>false</tt:DaylightSavings><tt:TimeZone><tt:TZ>CST-8</tt:TZ></tt:TimeZone>\
         <tt:UTCDateTime><tt:Time>{time}</tt:Time><tt:Date>{date}</tt:Date></tt:UTCDateTime>\
         </tds:SystemDateAndTime></tds:GetSystemDateAndTimeResponse>"
    )
}

/// Who it is.
pub(super) fn information(camera: &OnvifProfile) -> String {
    let [maker, model, firmware, serial] =
        camera.information.each_ref().map(|text| escape(text.as_str()));
    format!(
        "<tds:GetDeviceInformationResponse><tds:Manufacturer>{maker}</tds:Manufacturer><tds:Model>{model}</tds:Model>\
         <tds:FirmwareVersion>{firmware}</tds:FirmwareVersion><tds:SerialNumber>{serial}</tds:SerialNumber>\
         <tds:HardwareId>1</tds:HardwareId></tds:GetDeviceInformationResponse>"
    )
}

/// The services with their addresses below `at`.
pub(super) fn services(camera: &OnvifProfile, at: &str) -> String {
    let mut services = String::new();
    for (name, namespace) in [
        ("device", "http://www.onvif.org/ver10/device/wsdl"),
        ("media", "http://www.onvif.org/ver10/media/wsdl"),
        ("events", "http://www.onvif.org/ver10/events/wsdl"),
        ("ptz", "http://www.onvif.org/ver20/ptz/wsdl"),
    ] {
        if name == "ptz" && camera.presets.is_empty() {
            continue;
        }
        services += &format!(
            "<tds:Service><tds:Namespace>{namespace}</tds:Namespace><tds:XAddr>{at}/onvif/{name}_service</tds:XAddr>\
             <tds:Version><tt:Major>2</tt:Major><tt:Minor>60</tt:Minor></tds:Version></tds:Service>"
        );
    }
    format!("<tds:GetServicesResponse>{services}</tds:GetServicesResponse>")
}

/// As [`services`], in the form of older cameras.
pub(super) fn capabilities(camera: &OnvifProfile, at: &str) -> String {
    let ptz = if camera.presets.is_empty() {
        String::new()
    } else {
        format!("<tt:PTZ><tt:XAddr>{at}/onvif/ptz_service</tt:XAddr></tt:PTZ>")
    };
    format!(
        "<tds:GetCapabilitiesResponse><tds:Capabilities><tt:Device><tt:XAddr>{at}/onvif/device_service</tt:XAddr></tt:Device>\
         <tt:Events><tt:XAddr>{at}/onvif/events_service</tt:XAddr><tt:WSSubscriptionPolicySupport>false</tt:WSSubscriptionPolicySupport>\
         <tt:WSPullPointSupport>true</tt:WSPullPointSupport>\
         <tt:WSPausableSubscriptionManagerInterfaceSupport>false</tt:WSPausableSubscriptionManagerInterfaceSupport></tt:Events>\
         <tt:Media><tt:XAddr>{at}/onvif/media_service</tt:XAddr><tt:StreamingCapabilities><tt:RTPMulticast>false</tt:RTPMulticast>\
         <tt:RTP_TCP>true</tt:RTP_TCP><tt:RTP_RTSP_TCP>true</tt:RTP_RTSP_TCP></tt:StreamingCapabilities></tt:Media>\
         {ptz}</tds:Capabilities></tds:GetCapabilitiesResponse>"
    )
}

/// Its media profiles.
pub(super) fn profiles(camera: &OnvifProfile) -> String {
    let ptz = if camera.presets.is_empty() {
        ""
    } else {
        "<tt:PTZConfiguration token=\"PTZ_1\"><tt:Name>PTZ</tt:Name><tt:UseCount>1</tt:UseCount><tt:NodeToken>Node_1</tt:NodeToken></tt:PTZConfiguration>"
    };
    let profiles = camera.streams.iter().map(|StreamProfile { token, source, picture_px: [width, height], .. }| {
        format!(
            "<trt:Profiles token=\"{token}\" fixed=\"true\"><tt:Name>{token}</tt:Name>\
             <tt:VideoSourceConfiguration token=\"VSC_1\"><tt:Name>VSC</tt:Name><tt:UseCount>2</tt:UseCount>\
             <tt:SourceToken>{source}</tt:SourceToken><tt:Bounds x=\"0\" y=\"0\" width=\"2560\" height=\"1440\"/></tt:VideoSourceConfiguration>\
             <tt:VideoEncoderConfiguration token=\"VEC_{token}\"><tt:Name>VEC</tt:Name><tt:UseCount>1</tt:UseCount>\
             <tt:Encoding>H264</tt:Encoding><tt:Resolution><tt:Width>{width}</tt:Width><tt:Height>{height}</tt:Height></tt:Resolution>\
             <tt:Quality>5</tt:Quality><tt:RateControl><tt:FrameRateLimit>25</tt:FrameRateLimit><tt:EncodingInterval>1</tt:EncodingInterval>\
             <tt:BitrateLimit>4096</tt:BitrateLimit></tt:RateControl><tt:H264><tt:GovLength>50</tt:GovLength><tt:H264Profile>Main</tt:H264Profile></tt:H264>\
             <tt:Multicast><tt:Address><tt:Type>IPv4</tt:Type><tt:IPv4Address>0.0.0.0</tt:IPv4Address></tt:Address><tt:Port>0</tt:Port>\
             <tt:TTL>1</tt:TTL><tt:AutoStart>false</tt:AutoStart></tt:Multicast><tt:SessionTimeout>PT60S</tt:SessionTimeout>\
             </tt:VideoEncoderConfiguration>{ptz}</trt:Profiles>"
        )
    });
    format!("<trt:GetProfilesResponse>{}</trt:GetProfilesResponse>", profiles.collect::<String>())
}

/// The address of a profile's stream; `None` if there is no such profile.
pub(super) fn stream_uri(camera: &OnvifProfile, token: &str) -> Option<String> {
    let stream = camera.streams.iter().find(|stream| stream.token == token)?;
    let uri = escape(stream.url.as_str());
    Some(format!(
        "<trt:GetStreamUriResponse><trt:MediaUri><tt:Uri>{uri}</tt:Uri><tt:InvalidAfterConnect>false</tt:InvalidAfterConnect>\
         <tt:InvalidAfterReboot>false</tt:InvalidAfterReboot><tt:Timeout>PT0S</tt:Timeout></trt:MediaUri></trt:GetStreamUriResponse>"
    ))
}

/// Its presets.
pub(super) fn presets(camera: &OnvifProfile) -> String {
    let presets = camera.presets.iter().map(|(token, name)| {
        format!(
            "<tptz:Preset token=\"{token}\"><tt:Name>{}</tt:Name></tptz:Preset>",
            escape(name.as_str())
        )
    });
    let presets: String = presets.collect();
    format!("<tptz:GetPresetsResponse>{presets}</tptz:GetPresetsResponse>")
}

/// The topics of its events.
pub(super) fn event_properties() -> String {
    "<tev:GetEventPropertiesResponse><tev:TopicNamespaceLocation>http://www.onvif.org/onvif/ver10/topics/topicns.xml</tev:TopicNamespaceLocation>\
     <wsnt:FixedTopicSet xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\">true</wsnt:FixedTopicSet>\
     <wstop:TopicSet xmlns:wstop=\"http://docs.oasis-open.org/wsn/t-1\" xmlns:tns1=\"http://www.onvif.org/ver10/topics\">\
     <tns1:RuleEngine><LineDetector><Crossed wstop:topic=\"true\"/></LineDetector></tns1:RuleEngine>\
     <tns1:VideoSource><ImageTooDark wstop:topic=\"true\"/><SignalLoss wstop:topic=\"true\"/></tns1:VideoSource></wstop:TopicSet>\
     <wsnt:TopicExpressionDialect xmlns:wsnt=\"http://docs.oasis-open.org/wsn/b-2\">http://www.onvif.org/ver10/tev/topicExpression/ConcreteSet</wsnt:TopicExpressionDialect>\
     <tev:MessageContentFilterDialect>http://www.onvif.org/ver10/tev/messageContentFilter/ItemFilter</tev:MessageContentFilterDialect>\
     <tev:MessageContentSchemaLocation>http://www.onvif.org/onvif/ver10/schema/onvif.xsd</tev:MessageContentSchemaLocation>\
     </tev:GetEventPropertiesResponse>"
        .to_owned()
}

/// An answer to a probe.
pub(super) fn probe_match(camera: &OnvifProfile, relates_to: &str, at: &str) -> String {
    let scopes: String = camera
        .name
        .bytes()
        .map(|byte| {
            if byte.is_ascii_alphanumeric() {
                char::from(byte).to_string()
            } else {
                format!("%{byte:02X}")
            }
        })
        .collect();
    let (uuid, relates_to) = (&camera.uuid, escape(relates_to));
    format!(
        "<?xml version=\"1.0\" encoding=\"utf-8\"?><s:Envelope xmlns:s=\"http://www.w3.org/2003/05/soap-envelope\" \
         xmlns:a=\"http://schemas.xmlsoap.org/ws/2004/08/addressing\" xmlns:d=\"http://schemas.xmlsoap.org/ws/2005/04/discovery\" \
         xmlns:dn=\"http://www.onvif.org/ver10/network/wsdl\" xmlns:tds=\"http://www.onvif.org/ver10/device/wsdl\"><s:Header>\
         <a:MessageID>urn:uuid:{uuid}-{}</a:MessageID><a:RelatesTo>{relates_to}</a:RelatesTo>\
         <a:To>http://schemas.xmlsoap.org/ws/2004/08/addressing/role/anonymous</a:To>\
         <a:Action>http://schemas.xmlsoap.org/ws/2005/04/discovery/ProbeMatches</a:Action>\
         <d:AppSequence InstanceId=\"1\" MessageNumber=\"1\"/></s:Header><s:Body><d:ProbeMatches><d:ProbeMatch>\
         <a:EndpointReference><a:Address>urn:uuid:{uuid}</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter tds:Device</d:Types>\
         <d:Scopes>onvif://www.onvif.org/Profile/Streaming onvif://www.onvif.org/name/{scopes}</d:Scopes>\
         <d:XAddrs>{at}/onvif/device_service</d:XAddrs><d:MetadataVersion>1</d:MetadataVersion></d:ProbeMatch></d:ProbeMatches></s:Body></s:Envelope>",
        relates_to.len()
    )
}
