"""A Modbus TCP device of pymodbus: prints its port once it listens."""

import asyncio
import socket

from pymodbus.server import ModbusTcpServer
from pymodbus.simulator import DataType, SimData, SimDevice


async def main():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    bits = [SimData(0, values=[True, False, True] + [False] * 13, datatype=DataType.BITS)]
    holding = [
        SimData(0, values=25.5, datatype=DataType.FLOAT32),
        SimData(2, values=-40, datatype=DataType.INT16),
        SimData(3, values=70_000, datatype=DataType.UINT32),
        SimData(40, values=[17], datatype=DataType.UINT16),
    ]
    inputs = [SimData(0, values=[300, 301], datatype=DataType.UINT16)]
    device = SimDevice(1, (bits, bits, holding, inputs))
    server = ModbusTcpServer(device, address=("127.0.0.1", port))
    await server.serve_forever(background=True)
    print(port, flush=True)
    await asyncio.Event().wait()


asyncio.run(main())
