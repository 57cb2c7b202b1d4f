"""A Modbus TCP device of pymodbus with 16 coils: prints its port, then each write that reaches it, and when it read."""

import asyncio
import socket

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


def heard(sending, pdu):
    if not sending:
        print(pdu.function_code, pdu.address, *[int(bit) for bit in pdu.bits], flush=True)
    return pdu


async def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bits = [SimData(0, values=[True] * 16, datatype=DataType.BITS)]
    words = [SimData(0, values=[0], datatype=DataType.UINT16)]
    device = SimDevice(1, (bits, bits, words, words))
    server = ModbusTcpServer(device, address=("127.0.0.1", port), trace_pdu=heard)
    await server.serve_forever(background=True)
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
