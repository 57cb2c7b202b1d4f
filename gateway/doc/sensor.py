"""Tells a gateway the height of the water in a pit: python3 sensor.py BROKER PORT PREFIX METRES"""

import json
import sys
from datetime import datetime, timezone

import paho.mqtt.client as mqtt

broker, port, prefix, metres = sys.argv[1], int(sys.argv[2]), sys.argv[3], float(sys.argv[4])
client = mqtt.Client(mqtt.CallbackAPIVersion.VERSION2, client_id="pump-1", protocol=mqtt.MQTTv5)
if port == 8883:
    client.tls_set("ca.pem", "pump-1.pem", "pump-1.key")
client.connect(broker, port)
client.loop_start()
now = datetime.now(timezone.utc).isoformat()
message = [
    {"point": "device", "kind": "heartbeat", "value": True, "t": now},
    {"point": "pit", "kind": "water_level", "value": metres, "t": now},
]
sent = client.publish(f"{prefix}/in/pump-1", json.dumps(message), qos=1)
sent.wait_for_publish()  # the broker has it
client.loop_stop()
print("sent")
