"""Runs a module under wasmtime: the reference for `cargo xtask programs --reference`.

Arguments: HOST MODULE, then for the host `command` (a WASI command) the number of folders and for each its guest and
host path, the number of variables and for each its name and value, and the guest's arguments. The other hosts are
libraries, driven through their exports as tests/programs/embed does with our API: they read standard input and print
what the library made of it. Standard streams are inherited; the exit code is the guest's.
"""
import os
import sys

from wasmtime import Engine, ExitTrap, Linker, Module, Store, WasiConfig


class Guest:
    """An instance with the calls that the hosts below need."""

    def __init__(self, path, wasi):
        engine = Engine()
        self.store = Store(engine)
        self.store.set_wasi(wasi)
        linker = Linker(engine)
        linker.define_wasi()
        self.exports = linker.instantiate(self.store, Module.from_file(engine, path)).exports(self.store)

    def call(self, name, *arguments):
        return self.exports[name](self.store, *arguments)

    def write(self, address, data):
        self.exports["memory"].write(self.store, data, address)

    def read(self, address, size):
        return bytes(self.exports["memory"].read(self.store, address, address + size))


def command(path, words):
    take_pairs = lambda: [(words.pop(0), words.pop(0)) for _ in range(int(words.pop(0)))]
    wasi = WasiConfig()
    for guest, host in take_pairs():
        wasi.preopen_dir(host, guest)
    wasi.env = take_pairs()
    wasi.argv = [os.path.basename(path), *words]
    wasi.inherit_stdin()
    wasi.inherit_stdout()
    wasi.inherit_stderr()
    try:
        Guest(path, wasi).call("_start")
    except ExitTrap as exit:
        sys.exit(exit.code)


def dprint(path, words):
    """A formatter: texts go through a buffer that the guest shares."""
    guest = Guest(path, WasiConfig())

    def put(data):
        guest.write(guest.call("clear_shared_bytes", len(data)), data)

    def get(size):
        return guest.read(guest.call("get_shared_bytes_ptr"), size).decode()

    print("version", guest.call("dprint_plugin_version_4"))
    put(b'{"plugin":{"lineWidth":40},"global":{}}')
    guest.call("register_config", 1)
    print("diagnostics", get(guest.call("get_config_diagnostics", 1)))
    for line in sys.stdin:
        put(b"file.json")
        guest.call("set_file_path")
        put(line.encode())
        kind = guest.call("format", 1)
        text = "get_formatted_text" if kind == 1 else "get_error_text"
        print(kind, get(guest.call(text)) if kind else "")


def graphviz(path, words):
    """A layout engine: C strings in, an address and a length out."""
    guest = Guest(path, WasiConfig())

    def string(text):
        data = text.encode() + b"\0"
        address = guest.call("malloc", len(data))
        guest.write(address, data)
        return address

    source, size = string(sys.stdin.read()), guest.call("malloc", 4)
    for form, engine in [("svg", "dot"), ("plain", "neato"), ("svg", "nonsense")]:
        address = guest.call("graphviz_render", source, string(form), string(engine), size)
        if address:
            length = int.from_bytes(guest.read(size, 4), "little")
            print(guest.read(address, length).decode())
            guest.call("graphviz_free", address)
        else:
            message = guest.read(guest.call("graphviz_last_error"), 256)
            print("error", message[: message.index(0)].decode())


def redact(path, words):
    """A filter written in Go: its runtime starts first; results come as an address and a length in one number."""
    guest = Guest(path, WasiConfig())
    guest.call("_initialize")

    def put(data):
        address = guest.call("allocate", len(data))
        guest.write(address, data)
        return address

    settings = b'{"salt":"wheat"}'
    guest.call("init_config", put(settings), len(settings))
    for line in sys.stdin:
        data = line.rstrip("\n").encode()
        packed = guest.call("redact", put(data), len(data)) & 0xFFFFFFFFFFFFFFFF
        print(guest.read(packed >> 32, packed & 0xFFFFFFFF).decode())


hosts = {"command": command, "dprint": dprint, "graphviz": graphviz, "redact": redact}
hosts[sys.argv[1]](sys.argv[2], sys.argv[3:])
