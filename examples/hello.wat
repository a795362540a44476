;; A greeting as a WASI command: `wasmill run examples/hello.wat -- NAME…` greets each name, or the world.
;; Everything goes through one page of memory; the comments give the addresses.
(module
  (import "wasi_snapshot_preview1" "args_sizes_get" (func $args_sizes_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "args_get" (func $args_get (param i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "fd_write" (func $fd_write (param i32 i32 i32 i32) (result i32)))
  (import "wasi_snapshot_preview1" "proc_exit" (func $proc_exit (param i32)))

  (memory (export "memory") 1)
  (data (i32.const 0) "Hello, ")
  (data (i32.const 8) "!\n")
  (data (i32.const 16) "world\00")
  ;; 32: number of arguments, 36: their total size, 40: bytes written, 48..56: address and size for fd_write,
  ;; 256..1024: pointers to the arguments, 1024..: the arguments, each ending in a zero byte.

  ;; The length of the text at $text, without its zero byte.
  (func $length (param $text i32) (result i32)
    (local $end i32)
    (local.set $end (local.get $text))
    (block $done
      (loop $next
        (br_if $done (i32.eqz (i32.load8_u (local.get $end))))
        (local.set $end (i32.add (local.get $end) (i32.const 1)))
        (br $next)))
    (i32.sub (local.get $end) (local.get $text)))

  ;; Writes a text to standard output, however little each call takes; leaves with code 1 when it takes nothing.
  (func $write (param $text i32) (param $size i32)
    (loop $more
      (i32.store (i32.const 48) (local.get $text))
      (i32.store (i32.const 52) (local.get $size))
      (i32.store (i32.const 40) (i32.const 0))
      (if (i32.or
            (call $fd_write (i32.const 1) (i32.const 48) (i32.const 1) (i32.const 40))
            (i32.eqz (i32.load (i32.const 40))))
        (then (call $proc_exit (i32.const 1))))
      (local.set $text (i32.add (local.get $text) (i32.load (i32.const 40))))
      (local.set $size (i32.sub (local.get $size) (i32.load (i32.const 40))))
      (br_if $more (local.get $size))))

  (func $greet (param $name i32)
    (call $write (i32.const 0) (i32.const 7))
    (if (call $length (local.get $name))
      (then (call $write (local.get $name) (call $length (local.get $name)))))
    (call $write (i32.const 8) (i32.const 2)))

  (func (export "_start")
    (local $index i32)
    ;; More arguments than fit are no error of the host's: leave with a code of our own.
    (if (call $args_sizes_get (i32.const 32) (i32.const 36))
      (then (call $proc_exit (i32.const 2))))
    (if (i32.or
          (i32.gt_u (i32.load (i32.const 32)) (i32.const 192))
          (i32.gt_u (i32.load (i32.const 36)) (i32.const 60000)))
      (then (call $proc_exit (i32.const 2))))
    (if (call $args_get (i32.const 256) (i32.const 1024))
      (then (call $proc_exit (i32.const 2))))
    (if (i32.le_u (i32.load (i32.const 32)) (i32.const 1))
      (then (call $greet (i32.const 16)) (return)))
    ;; The first argument is the program's own name.
    (local.set $index (i32.const 1))
    (loop $next
      (call $greet (i32.load (i32.add (i32.const 256) (i32.shl (local.get $index) (i32.const 2)))))
      (local.set $index (i32.add (local.get $index) (i32.const 1)))
      (br_if $next (i32.lt_u (local.get $index) (i32.load (i32.const 32)))))))
