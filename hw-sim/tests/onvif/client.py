"""Finds the simulated cameras with WSDiscovery and asks them with onvif-zeep, which know neither them nor us.

Arguments: the number of cameras, user, password. Prints what it found as JSON, one camera a line.
"""
import ipaddress
import json
import sys
import urllib.parse

import wsdiscovery.threaded
from wsdiscovery.discovery import ThreadedWSDiscovery
from wsdiscovery import QName
from onvif import ONVIFCamera

# By itself the library leaves out loopback, where the simulated cameras are.
wsdiscovery.threaded._getNetworkAddrs = lambda version: [ipaddress.IPv4Address("127.0.0.1")]

count, user, password = int(sys.argv[1]), sys.argv[2], sys.argv[3]
prefix = "urn:uuid:4f3a1c52-"
kind = QName("http://www.onvif.org/ver10/network/wsdl", "NetworkVideoTransmitter")
discovery = ThreadedWSDiscovery()
discovery.start()
found = {}
for _ in range(10):
    for service in discovery.searchServices(types=[kind], timeout=3):
        if service.getEPR().startswith(prefix):
            found[service.getEPR()] = service
    if len(found) >= count:
        break
discovery.stop()

for endpoint, service in sorted(found.items()):
    address = urllib.parse.urlparse(service.getXAddrs()[0])
    camera = ONVIFCamera(address.hostname, address.port, user, password)
    media = camera.create_media_service()
    streams = {}
    for profile in media.GetProfiles():
        request = media.create_type("GetStreamUri")
        request.ProfileToken = profile.token
        request.StreamSetup = {"Stream": "RTP-Unicast", "Transport": {"Protocol": "RTSP"}}
        size = profile.VideoEncoderConfiguration.Resolution
        streams[profile.token] = [size.Width, size.Height, media.GetStreamUri(request).Uri]
    token = next(iter(streams))
    presets = camera.create_ptz_service().GetPresets({"ProfileToken": token})
    events = camera.create_events_service().GetEventProperties()
    information = camera.devicemgmt.GetDeviceInformation()
    services = camera.devicemgmt.GetServices({"IncludeCapability": False})
    print(json.dumps({
        "endpoint": endpoint,
        "model": information.Model,
        "services": len(services),
        "streams": streams,
        "presets": {preset.token: preset.Name for preset in presets},
        "dialects": len(events.TopicExpressionDialect),
        "year": camera.devicemgmt.GetSystemDateAndTime().UTCDateTime.Date.Year > 2000,
    }, ensure_ascii=False))
try:
    ONVIFCamera(address.hostname, address.port, user, password + "x").devicemgmt.GetDeviceInformation()
except Exception as error:
    print(json.dumps({"refused": str(error)}))
