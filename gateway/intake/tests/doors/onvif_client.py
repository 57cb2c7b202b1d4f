"""An independent ONVIF client (onvif-zeep) subscribes to a door and prints what it hears.

onvif_client.py HOST PORT USER PASSWORD MESSAGES
"""

import datetime
import os
import sys

import onvif
import zeep.plugins

host, port, user, password, wanted = sys.argv[1:6]
# Where pip puts its descriptions of the services.
wsdl = os.path.join(os.path.dirname(os.path.dirname(onvif.__file__)), "wsdl")

# It asks for the door's clock and dates its requests by it.
camera = onvif.ONVIFCamera(host, int(port), user, password, wsdl, adjust_time=True)
# It has subscribed by now, to learn the address of the pull point.
pull_point = camera.create_pullpoint_service()
# zeep leaves the words of a topic out of its objects; they are in the answer.
history = zeep.plugins.HistoryPlugin()
pull_point.zeep_client.plugins.append(history)
TOPIC = "{http://docs.oasis-open.org/wsn/b-2}Topic"
heard = 0
while heard < int(wanted):
    answer = pull_point.PullMessages({"Timeout": datetime.timedelta(seconds=5), "MessageLimit": 10})
    topics = [it.text for it in history.last_received["envelope"].iter(TOPIC)]
    for topic, message in zip(topics, answer.NotificationMessage):
        element = message.Message._value_1
        items = [(it.get("Name"), it.get("Value")) for it in element.iter() if it.get("Name")]
        print(topic, element.get("PropertyOperation"), *items)
        heard += 1
print("end")
