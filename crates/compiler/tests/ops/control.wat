;; Frames, their results, and who branches to their ends.
(module
  (type $pair (func (param i32 i32) (result i32 i32)))
  (func $swap (type $pair) local.get 1 local.get 0)
  (func (param i32) (result i32)
    block (result i32)
      local.get 0
      local.get 0
      br_if 0
      drop
      i32.const 2
    end)
  ;; A block that ends without results and is not branched to.
  (func block nop end)
  ;; Blocks with parameters: the operands go on, nothing is emitted for them.
  (func (param i32) (result i32 i32)
    local.get 0
    i32.const 1
    block (type $pair)
      call $swap
    end)
  ;; A branch to a loop goes to its start, with its parameters.
  (func (param i32) (result i32)
    local.get 0
    loop (param i32) (result i32)
      i32.const 1
      i32.sub
      local.tee 0
      local.get 0
      br_if 0
    end)
  ;; Both parts of an `if` start with its parameters.
  (func (param i32) (result i32)
    i32.const 7
    local.get 0
    if (param i32) (result i32)
      i32.const 1
      i32.add
    else
      i32.const 2
      i32.mul
    end)
  ;; Without `else`, the parameters are the results.
  (func (param i32) (result i32)
    i32.const 7
    local.get 0
    if (param i32) (result i32)
      i32.clz
    end)
  ;; Nested `if`s with parameters keep theirs apart.
  (func (param i32) (result i32)
    i32.const 1
    local.get 0
    if (param i32) (result i32)
      local.get 0
      if (param i32) (result i32)
        i32.clz
      else
        i32.ctz
      end
    else
      i32.popcnt
    end)
  ;; `br` and `return` to the function's own frame.
  (func (param i32) (result i32)
    local.get 0
    if
      i32.const 1
      return
    end
    i32.const 2
    br 0)
  (func (param i32)
    block
      loop
        block
          local.get 0
          br_table 0 1 2 3 0 2
        end
      end
    end)
  (func (param i32) (result i64)
    block (result i64)
      i64.const 5
      local.get 0
      br_table 0 1 0
    end
    i64.clz)
  (func)
)

;;! function 0 "swap" [I32, I32] -> [I32, I32]
;;!   v0 = local.get 1
;;!   v1 = local.get 0
;;! end @0 fallthrough(v0 v1)
;;! function 1 [I32] -> [I32]
;;!   block @1 [I32]
;;!     v0 = local.get 0
;;!     v1 = local.get 0
;;!     br_if v1 @1 v0
;;!     drop v0
;;!     v2 = constant I32(2)
;;!   v3 = end @1 fallthrough(v2) branched_to
;;! end @0 fallthrough(v3)
;;! function 2 [] -> []
;;!   block @1 []
;;!   end @1 fallthrough()
;;! end @0 fallthrough()
;;! function 3 [I32] -> [I32, I32]
;;!   v0 = local.get 0
;;!   v1 = constant I32(1)
;;!   block @1 [I32, I32]
;;!     v2 v3 = call 0 v0 v1
;;!   v4 v5 = end @1 fallthrough(v2 v3)
;;! end @0 fallthrough(v4 v5)
;;! function 4 [I32] -> [I32]
;;!   v0 = local.get 0
;;!   loop @1 [I32] v0 as v1
;;!     v2 = constant I32(1)
;;!     v3 = binary ISub I32 v1 v2
;;!     v4 = local.tee 0 v3
;;!     v5 = local.get 0
;;!     br_if v5 @1 v4
;;!   end @1 fallthrough(v4)
;;! end @0 fallthrough(v4)
;;! function 5 [I32] -> [I32]
;;!   v0 = constant I32(7)
;;!   v1 = local.get 0
;;!   if @1 v1 [I32]
;;!     v2 = constant I32(1)
;;!     v3 = binary IAdd I32 v0 v2
;;!   else @1 fallthrough(v3)
;;!     v4 = constant I32(2)
;;!     v5 = binary IMul I32 v0 v4
;;!   v6 = end @1 fallthrough(v5) branched_to
;;! end @0 fallthrough(v6)
;;! function 6 [I32] -> [I32]
;;!   v0 = constant I32(7)
;;!   v1 = local.get 0
;;!   if @1 v1 [I32]
;;!     v2 = unary Clz I32 v0
;;!   v3 = end @1 fallthrough(v2) otherwise(v0)
;;! end @0 fallthrough(v3)
;;! function 7 [I32] -> [I32]
;;!   v0 = constant I32(1)
;;!   v1 = local.get 0
;;!   if @1 v1 [I32]
;;!     v2 = local.get 0
;;!     if @2 v2 [I32]
;;!       v3 = unary Clz I32 v0
;;!     else @2 fallthrough(v3)
;;!       v4 = unary Ctz I32 v0
;;!     v5 = end @2 fallthrough(v4) branched_to
;;!   else @1 fallthrough(v5)
;;!     v6 = unary Popcnt I32 v0
;;!   v7 = end @1 fallthrough(v6) branched_to
;;! end @0 fallthrough(v7)
;;! function 8 [I32] -> [I32]
;;!   v0 = local.get 0
;;!   if @1 v0 []
;;!     v1 = constant I32(1)
;;!     br @0 v1
;;!   end @1 otherwise()
;;!   v2 = constant I32(2)
;;!   br @0 v2
;;! end @0 branched_to
;;! function 9 [I32] -> []
;;!   block @1 []
;;!     loop @2 [] as
;;!       block @3 []
;;!         v0 = local.get 0
;;!         br_table v0 to @3 @2 @1 @0 @3 @1 with
;;!       end @3 branched_to
;;!     end @2 fallthrough()
;;!   end @1 fallthrough() branched_to
;;! end @0 fallthrough() branched_to
;;! function 10 [I32] -> [I64]
;;!   block @1 [I64]
;;!     v0 = constant I64(5)
;;!     v1 = local.get 0
;;!     br_table v1 to @1 @0 @1 with v0
;;!   v2 = end @1 branched_to
;;!   v3 = unary Clz I64 v2
;;! end @0 fallthrough(v3) branched_to
;;! function 11 [] -> []
;;! end @0 fallthrough()
