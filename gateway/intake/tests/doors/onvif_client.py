"""An independent ONVIF client (onvif-zeep) subscribes to a door and prints what it hears.

onvif_client.py HOST PORT USER PASSWORD MESSAGES
"""

import datetime
import os
import sys

import onvif

host, port, user, password, wanted = sys.argv[1:6]
# Where pip puts its descriptions of the services.
wsdl = os.path.join(os.path.dirname(os.path.dirname(onvif.__file__)), "wsdl")

# It asks for the door's clock and dates its requests by it.
camera = onvif.ONVIFCamera(host, int(port), user, password, wsdl, adjust_time=True)
# It has subscribed by now, to learn the address of the pull point.
pull_point = camera.create_pullpoint_service()
heard = 0
while heard < int(wanted):
    answer = pull_point.PullMessages({"Timeout": datetime.timedelta(seconds=5), "MessageLimit": 10})
    for message in answer.NotificationMessage:
        element = message.Message._value_1
        items = [(it.get("Name"), it.get("Value")) for it in element.iter() if it.get("Name")]
        print(message.Topic._value_1, element.get("PropertyOperation"), *items)
        heard += 1
print("end")
