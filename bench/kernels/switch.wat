;; `br_table` with sixteen arms in pseudo-random order: the dispatch of an interpreter without its loads.
(module
  (func (export "run") (param $n i32) (result i64)
    (local $state i32) (local $sum i64)
    (local.set $state (i32.const 12345))
    (loop $again
      (local.set $state (i32.add (i32.mul (local.get $state) (i32.const 1103515245)) (i32.const 12345)))
      (block $next
        (block $f (block $e (block $d (block $c (block $b (block $a (block $9 (block $8
        (block $7 (block $6 (block $5 (block $4 (block $3 (block $2 (block $1 (block $0
          (br_table $0 $1 $2 $3 $4 $5 $6 $7 $8 $9 $a $b $c $d $e $f
            (i32.shr_u (local.get $state) (i32.const 28))))
        (local.set $sum (i64.add (local.get $sum) (i64.const 17))) (br $next))
        (local.set $sum (i64.xor (local.get $sum) (i64.const 0x5555))) (br $next))
        (local.set $sum (i64.rotl (local.get $sum) (i64.const 3))) (br $next))
        (local.set $sum (i64.mul (local.get $sum) (i64.const 5))) (br $next))
        (local.set $sum (i64.sub (local.get $sum) (i64.const 99))) (br $next))
        (local.set $sum (i64.xor (local.get $sum) (i64.shr_u (local.get $sum) (i64.const 7)))) (br $next))
        (local.set $sum (i64.add (local.get $sum) (i64.shl (local.get $sum) (i64.const 4)))) (br $next))
        (local.set $sum (i64.or (local.get $sum) (i64.const 1))) (br $next))
        (local.set $sum (i64.add (local.get $sum) (i64.extend_i32_u (local.get $state)))) (br $next))
        (local.set $sum (i64.xor (local.get $sum) (i64.const -1))) (br $next))
        (local.set $sum (i64.rotr (local.get $sum) (i64.const 11))) (br $next))
        (local.set $sum (i64.mul (local.get $sum) (i64.const 0x9e3779b97f4a7c15))) (br $next))
        (local.set $sum (i64.sub (i64.const 7) (local.get $sum))) (br $next))
        (local.set $sum (i64.add (local.get $sum) (i64.clz (local.get $sum)))) (br $next))
        (local.set $sum (i64.add (local.get $sum) (i64.popcnt (local.get $sum)))) (br $next))
        (local.set $sum (i64.xor (local.get $sum) (i64.const 0x0f0f0f0f))))
      (local.set $n (i32.sub (local.get $n) (i32.const 1)))
      (br_if $again (local.get $n)))
    (local.get $sum)))
