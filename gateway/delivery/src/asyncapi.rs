//! The MQTT topics and their messages as an `AsyncAPI` 3.0 document, made from the schemas and from
//! the code that makes the topics.

#[cfg(test)]
mod tests;

use incident::alert::schema::{ALERT_V1, CASE_FEEDBACK_V1};
use incident::alert::topic::{Addresses, DEFAULT_ROOT, Topics};
use serde_json::{Map, Value, json};

const GATEWAY_STATUS: &str = include_str!("asyncapi/gateway-status.schema.json");
const DEVICE_STATUS: &str = include_str!("asyncapi/device-status.schema.json");
const OUTPUT_STATE: &str = include_str!("asyncapi/output-state.schema.json");
const CASE_ANSWER: &str = include_str!("asyncapi/case-answer.schema.json");
const COMMAND: &str = include_str!("asyncapi/command.schema.json");
const COMMAND_ANSWER: &str = include_str!("asyncapi/command-answer.schema.json");

/// Everything that a gateway publishes and hears. `reading` is the schema of what sensors publish, with its
/// examples: who reads them owns it.
///
/// Schemas are told in draft-07, which every `AsyncAPI` tool reads.
///
/// # Errors
/// One of our own schemas is no JSON, which no release is.
pub fn asyncapi(reading: &str) -> Result<Value, serde_json::Error> {
    let alert: Value = serde_json::from_str(ALERT_V1)?;
    let reading = schema(reading, "reading")?;
    let types = &alert["properties"]["type"]["properties"];
    let parameters = parameters(&types["category"]["enum"], &types["code"]["enum"]);
    Ok(json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Gridwhistle (网格哨)",
            "version": env!("CARGO_PKG_VERSION"),
            "description": "What a grid edge gateway and the command centre tell each other over \
                MQTT 5 or 3.1.1. Delivery is at least once, in order for each alert: receivers tell \
                repetitions by (alert_id, seq). In MQTT 5 an alert carries its CloudEvents \
                attributes as user properties. An alert is a clue for a person to check, never proof.",
        },
        "defaultContentType": "application/json",
        "channels": channels(&Topics::addresses(DEFAULT_ROOT), &parameters),
        "operations": operations(),
        "components": {
            "messages": {
                "alert": message("alert", "One message is the full state of one incident."),
                "deviceStatus": message("deviceStatus", "The latest state of one device."),
                "outputState": message("outputState", "The latest state of one output."),
                "gatewayStatus": message("gatewayStatus", "The latest state of the gateway."),
                "caseFeedback": message("caseFeedback", "One event of a case."),
                "caseAnswer": message("caseAnswer", "What became of one feedback."),
                "command": message("command", "Something to do."),
                "commandAnswer": message("commandAnswer", "What became of one command."),
                "reading": with_examples(message("reading", "What one sensor measures or notices."), &reading),
            },
            "parameters": parameters,
            "schemas": {
                "alert": draft_07(alert, "alert"),
                "deviceStatus": schema(DEVICE_STATUS, "deviceStatus")?,
                "outputState": schema(OUTPUT_STATE, "outputState")?,
                "gatewayStatus": schema(GATEWAY_STATUS, "gatewayStatus")?,
                "caseFeedback": schema(CASE_FEEDBACK_V1, "caseFeedback")?,
                "caseAnswer": schema(CASE_ANSWER, "caseAnswer")?,
                "command": schema(COMMAND, "command")?,
                "commandAnswer": schema(COMMAND_ANSWER, "commandAnswer")?,
                "reading": reading,
            },
        },
    }))
}

fn channels(addresses: &Addresses, parameters: &Map<String, Value>) -> Value {
    let channel = |address: &str, message, words| channel(address, message, parameters, words);
    json!({
        "alert": channel(&addresses.event, "alert", "Every message of every alert of one type: \
            opened, updated, cleared, verified, closed. One topic for each type, so that a street \
            or a fire brigade subscribes to what concerns it."),
        "alertState": channel(&addresses.alert_state, "alert", "The latest message of one alert, \
            from its opening to a day after its end; then an empty message removes it. What a \
            dashboard subscribes to."),
        "deviceStatus": channel(&addresses.device_status, "deviceStatus",
            "Whether one camera, door controller or sensor delivers and can be judged."),
        "outputState": channel(&addresses.output_state, "outputState",
            "How one output is. Who holds a lift or speaks a warning by it, lets go when it says so, when its time \
            is over, and when the gateway is offline."),
        "gatewayStatus": channel(&addresses.gateway_status, "gatewayStatus",
            "Whether the gateway is connected: also its last will."),
        "caseFeedback": channel(&addresses.case_feedback, "caseFeedback",
            "What the case system says of one alert. Any order, any repetition."),
        "caseAnswer": channel(&addresses.case_answer, "caseAnswer",
            "What became of each message on caseFeedback."),
        "command": channel(&addresses.command, "command",
            "Something for the gateway to do, under an id that the sender chooses."),
        "commandAnswer": channel(&addresses.command_answer, "commandAnswer",
            "What became of each message on command."),
        "reading": channel(&addresses.reading, "reading",
            "The way in for any sensor: a device of the configuration with the protocol `mqtt`."),
    })
}

fn operations() -> Value {
    let send = |channel, retain, words| operation("send", channel, retain, words);
    let receive = |channel, words| operation("receive", channel, false, words);
    json!({
        "sendAlert": send("alert", false, "Once for each message, until the broker acknowledges it."),
        "sendAlertState": send("alertState", true, "Whenever an alert changes, and on every connection."),
        "sendDeviceStatus": send("deviceStatus", true, "Whenever it changes, and on every connection."),
        "sendOutputState": send("outputState", true, "Whenever it changes, and on every connection."),
        "sendGatewayStatus": send("gatewayStatus", true, "On every connection, at an orderly end, and as the last will."),
        "receiveCaseFeedback": receive("caseFeedback", "Also what came while the gateway was away."),
        "sendCaseAnswer": send("caseAnswer", false, "Once for each feedback, until the broker acknowledges it."),
        "receiveCommand": receive("command", "Also what came while the gateway was away."),
        "sendCommandAnswer": send("commandAnswer", false, "Once for each command, until the broker acknowledges it."),
        "receiveReading": receive("reading", "The broker's acknowledgement means that what follows from it is on disk."),
    })
}

fn schema(text: &str, name: &str) -> Result<Value, serde_json::Error> {
    serde_json::from_str(text).map(|schema| draft_07(schema, name))
}

fn parameters(categories: &Value, codes: &Value) -> Map<String, Value> {
    let parameters = [
        (
            "county",
            json!({ "description": "6-digit code of the county or district", "examples": ["110117"] }),
        ),
        ("street", json!({ "description": "3-digit code of the street", "examples": ["001"] })),
        (
            "community",
            json!({ "description": "3-digit code of the community", "examples": ["003"] }),
        ),
        ("gateway", json!({ "description": "id of the gateway", "examples": ["gw-binhe-007"] })),
        (
            "device",
            json!({ "description": "id of the camera, door controller or sensor", "examples": ["cam-0412"] }),
        ),
        ("output", json!({ "description": "id of the output", "examples": ["lift-2"] })),
        ("alert_id", json!({ "description": "id of the alert, a UUID" })),
        ("req_id", json!({ "description": "id of the request, chosen by the sender" })),
        ("category", json!({ "description": "branch of city management", "enum": categories })),
        ("type", json!({ "description": "incident type", "enum": codes })),
    ];
    parameters.into_iter().map(|(name, words)| (name.to_owned(), words)).collect()
}

/// A topic with those of the `parameters` that it has.
fn channel(address: &str, message: &str, known: &Map<String, Value>, words: &str) -> Value {
    let named = known.keys().filter(|name| address.contains(&format!("{{{name}}}")));
    let parameters: Map<String, Value> = named
        .map(|name| (name.clone(), json!({ "$ref": format!("#/components/parameters/{name}") })))
        .collect();
    json!({
        "address": address,
        "description": words,
        "messages": { message: { "$ref": format!("#/components/messages/{message}") } },
        "parameters": parameters,
    })
}

fn operation(action: &str, channel: &str, retain: bool, words: &str) -> Value {
    let message = if channel == "alertState" { "alert" } else { channel };
    json!({
        "action": action,
        "channel": { "$ref": format!("#/channels/{channel}") },
        "messages": [{ "$ref": format!("#/channels/{channel}/messages/{message}") }],
        "description": words,
        "bindings": { "mqtt": { "qos": 1, "retain": retain, "bindingVersion": "0.2.0" } },
    })
}

fn message(name: &str, words: &str) -> Value {
    json!({
        "name": name,
        "summary": words,
        "contentType": "application/json",
        "payload": { "$ref": format!("#/components/schemas/{name}") },
    })
}

/// A message with the examples that its schema has.
fn with_examples(mut message: Value, schema: &Value) -> Value {
    let examples = schema["examples"].as_array().into_iter().flatten();
    message["examples"] = examples.map(|payload| json!({ "payload": payload })).collect();
    message
}

/// A schema of draft 2020-12 as draft-07, at home under `#/components/schemas/{name}`: without an
/// identity of its own, which would lead its references astray, and with the old words for tuples
/// and for what a member needs beside it.
fn draft_07(schema: Value, name: &str) -> Value {
    match schema {
        Value::Object(members) => {
            let is_tuple = members.contains_key("prefixItems");
            let translated = members.into_iter().filter_map(|(key, value)| match key.as_str() {
                "$schema" | "$id" => None,
                "prefixItems" => Some(("items".to_owned(), draft_07(value, name))),
                "items" if is_tuple => Some(("additionalItems".to_owned(), draft_07(value, name))),
                "$ref" => Some((key, at_home(value, name))),
                "dependentRequired" => Some(("dependencies".to_owned(), value)),
                "examples" => Some((key, value)),
                _ => Some((key, draft_07(value, name))),
            });
            Value::Object(translated.collect())
        }
        Value::Array(items) => {
            Value::Array(items.into_iter().map(|item| draft_07(item, name)).collect())
        }
        scalar => scalar,
    }
}

fn at_home(reference: Value, name: &str) -> Value {
    match reference.as_str().and_then(|text| text.strip_prefix('#')) {
        Some(pointer) => format!("#/components/schemas/{name}{pointer}").into(),
        None => reference,
    }
}
