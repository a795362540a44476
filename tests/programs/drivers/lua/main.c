// A minimal `lua` command over the library sources: runs the script named by the first argument, the others are in `arg`.
// Lua's errors are C longjmps, which need Wasm exceptions: the build defines LUAI_TRY/LUAI_THROW so that an uncaught
// error prints its message and stops, and scripts must not rely on pcall or coroutines.
#include <stdio.h>
#include "lua.h"
#include "lauxlib.h"
#include "lualib.h"

int main(int argc, char **argv) {
  lua_State *L = luaL_newstate();
  if (L == NULL || argc < 2) return 2;
  luaL_openlibs(L);
  lua_createtable(L, argc, 0);
  for (int i = 1; i < argc; i++) {
    lua_pushstring(L, argv[i]);
    lua_rawseti(L, -2, i - 1);
  }
  lua_setglobal(L, "arg");
  if (luaL_loadfile(L, argv[1]) != LUA_OK) {
    fprintf(stderr, "lua: %s\n", lua_tostring(L, -1));
    return 1;
  }
  lua_call(L, 0, 1);
  int code = (int)lua_tointeger(L, -1);
  lua_close(L);
  return code;
}
