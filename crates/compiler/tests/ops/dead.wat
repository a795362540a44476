;; Dead code: nothing is emitted for it, and what follows a frame is live again only if its end can be reached.
(module
  (memory 1)
  (func $none)
  (func $two (param i32) (result i32 i32) unreachable)
  ;; Operators behind `unreachable`, with operands that are not there.
  (func (result i32)
    unreachable
    i32.add
    i32.load
    call $two
    select
    drop
    i32.const 1)
  ;; Frames in dead code, with branches between them.
  (func
    unreachable
    block (result i32)
      loop
        i32.const 1
        if
          br 1
        else
          i32.const 2
          br 2
        end
      end
      i32.const 0
    end
    drop
    call $none)
  ;; A block whose end no live code reaches: what follows is dead, even an `if` with `else`.
  (func (result i32)
    block
      (return (i32.const 1))
    end
    i32.const 0
    if (result i32)
      i32.const 2
    else
      i32.const 3
    end)
  ;; Operands below the frame survive dead code inside.
  (func (result i32)
    i32.const 10
    block
      i32.const 11
      br 0
      i32.const 12
      drop
    end)
  ;; The first part ends dead, the second does not.
  (func (param i32) (result i32)
    local.get 0
    if (result i32)
      unreachable
    else
      i32.const 2
    end)
  ;; The second part ends dead, the first does not.
  (func (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 1
    else
      (return (i32.const 2))
    end)
  ;; Both end dead: so does the function.
  (func (param i32) (result i32)
    local.get 0
    if (result i32)
      i32.const 1
      return
    else
      unreachable
    end
    i32.const 3
    i32.add)
  ;; `if` without `else`: live behind, whatever its part does.
  (func (param i32)
    local.get 0
    if
      unreachable
    end
    call $none)
  ;; A loop that never ends.
  (func
    loop
      br 0
    end
    call $none)
  ;; `br_table` makes dead; its targets make ends live.
  (func (param i32)
    block
      block
        local.get 0
        br_table 0 1 1
        call $none
      end
      call $none
      return
    end
    call $none)
  ;; A branch in dead code does not make the end of a live frame reachable.
  (func
    block
      unreachable
      br 0
    end
    call $none)
  ;; `else` of an `if` in dead code stays dead.
  (func
    unreachable
    if
      call $none
    else
      call $none
    end)
)

;;! function 0 "none" [] -> []
;;! end @0 fallthrough()
;;! function 1 "two" [I32] -> [I32, I32]
;;!   unreachable
;;! end @0
;;! function 2 [] -> [I32]
;;!   unreachable
;;! end @0
;;! function 3 [] -> []
;;!   unreachable
;;! end @0
;;! function 4 [] -> [I32]
;;!   block @1 []
;;!     v0 = constant I32(1)
;;!     br @0 v0
;;!   end @1 dead
;;! end @0 branched_to
;;! function 5 [] -> [I32]
;;!   v0 = constant I32(10)
;;!   block @1 []
;;!     v1 = constant I32(11)
;;!     br @1
;;!   end @1 branched_to
;;! end @0 fallthrough(v0)
;;! function 6 [I32] -> [I32]
;;!   v0 = local.get 0
;;!   if @1 v0 [I32]
;;!     unreachable
;;!   else @1
;;!     v1 = constant I32(2)
;;!   v2 = end @1 fallthrough(v1)
;;! end @0 fallthrough(v2)
;;! function 7 [I32] -> [I32]
;;!   v0 = local.get 0
;;!   if @1 v0 [I32]
;;!     v1 = constant I32(1)
;;!   else @1 fallthrough(v1)
;;!     v2 = constant I32(2)
;;!     br @0 v2
;;!   v3 = end @1 branched_to
;;! end @0 fallthrough(v3) branched_to
;;! function 8 [I32] -> [I32]
;;!   v0 = local.get 0
;;!   if @1 v0 [I32]
;;!     v1 = constant I32(1)
;;!     br @0 v1
;;!   else @1
;;!     unreachable
;;!   end @1 dead
;;! end @0 branched_to
;;! function 9 [I32] -> []
;;!   v0 = local.get 0
;;!   if @1 v0 []
;;!     unreachable
;;!   end @1 otherwise()
;;!   call 0
;;! end @0 fallthrough()
;;! function 10 [] -> []
;;!   loop @1 [] as
;;!     br @1
;;!   end @1
;;! end @0
;;! function 11 [I32] -> []
;;!   block @1 []
;;!     block @2 []
;;!       v0 = local.get 0
;;!       br_table v0 to @2 @1 @1 with
;;!     end @2 branched_to
;;!     call 0
;;!     br @0
;;!   end @1 branched_to
;;!   call 0
;;! end @0 fallthrough() branched_to
;;! function 12 [] -> []
;;!   block @1 []
;;!     unreachable
;;!   end @1 dead
;;! end @0
;;! function 13 [] -> []
;;!   unreachable
;;! end @0
