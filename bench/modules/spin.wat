;; A call that never ends by itself.
(module
  (func (export "spin") (loop $again (br $again))))
