#!/usr/bin/env bash
# The model that looks at crops a second time. Tests run it, because no other model can stand for it; a gateway does
# if it is told to.
exec models/efficientnet-lite0/fetch --silent-if-there
