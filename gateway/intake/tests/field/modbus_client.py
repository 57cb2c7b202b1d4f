"""Reads the simulated Modbus device by pymodbus, and prints what it gets."""

import sys

from pymodbus.client import ModbusTcpClient

client = ModbusTcpClient("127.0.0.1", port=int(sys.argv[1]), timeout=5, retries=0)
assert client.connect()
print(client.read_holding_registers(10, count=4, device_id=1).registers)
print(client.read_input_registers(0, count=2, device_id=7).registers)
print(client.read_coils(0, count=3, device_id=1).bits[:3])
print(client.read_discrete_inputs(5, count=2, device_id=1).bits[:2])
print(client.read_holding_registers(11, count=4, device_id=1).exception_code)
print(client.read_holding_registers(0, count=1, device_id=9).exception_code)
print(client.read_holding_registers(10, count=1, device_id=3).exception_code)
print(client.write_coil(1, True, device_id=1).isError())
print(client.read_coils(0, count=3, device_id=1).bits[:3])
print(client.write_coils(0, [False, True, False], device_id=1).isError())
print(client.read_coils(0, count=3, device_id=1).bits[:3])
print(client.write_coils(2, [False, True], device_id=1).exception_code)
print(client.read_coils(0, count=3, device_id=1).bits[:3])
