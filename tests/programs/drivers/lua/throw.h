// Error handling for Lua without longjmp (`-include throw.h`): see main.c.
#pragma once
#include <stdio.h>
#include <stdlib.h>
#define LUAI_THROW(L, c) (fprintf(stderr, "lua: %s\n", lua_tostring(L, -1)), exit(1))
#define LUAI_TRY(L, c, a) { a }
#define luai_jmpbuf int
// Not in WASI; the scripts do not use them.
#define system(command) ((void)(command), -1)
#define LUA_TMPNAMBUFSIZE 1
#define lua_tmpnam(b, e) { (void)(b); e = 1; }
