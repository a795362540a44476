"""Runs one WASI command under wasmtime: the reference for `cargo xtask programs --reference`.

Arguments: MODULE, the number of folders and for each its guest and host path, the number of variables and for each its
name and value, then the guest's arguments. Standard streams are inherited; the exit code is the guest's.
"""
import os
import sys

from wasmtime import Engine, ExitTrap, Linker, Module, Store, WasiConfig


def take_pairs(words):
    return [(words.pop(0), words.pop(0)) for _ in range(int(words.pop(0)))]


words = sys.argv[1:]
path = words.pop(0)
wasi = WasiConfig()
for guest, host in take_pairs(words):
    wasi.preopen_dir(host, guest)
wasi.env = take_pairs(words)
wasi.argv = [os.path.basename(path), *words]
wasi.inherit_stdin()
wasi.inherit_stdout()
wasi.inherit_stderr()

engine = Engine()
store = Store(engine)
store.set_wasi(wasi)
linker = Linker(engine)
linker.define_wasi()
instance = linker.instantiate(store, Module.from_file(engine, path))
try:
    instance.exports(store)["_start"](store)
except ExitTrap as exit:
    sys.exit(exit.code)
