//! Whether bytes are the instructions that were meant: a disassembler reads back every method with every register and every
//! form of operands.

use iced_x86::{Decoder, DecoderOptions, Instruction, OpKind, Register};

use super::assembler::{Assembler, Label, Mem, Op, Rm, XmmRm};
use super::opcodes::*;
use super::registers::{Gpr, RSP, Xmm};
use super::vectors::*;

// ---- what must come out, as text

/// How operands are written here: registers by name, places in memory by their parts.
fn gpr(reg: Gpr, bits: u32) -> String {
    const LOW8: [&str; 8] = ["al", "cl", "dl", "bl", "spl", "bpl", "sil", "dil"];
    const LEGACY: [&str; 8] = ["ax", "cx", "dx", "bx", "sp", "bp", "si", "di"];
    let number = usize::from(reg.0);
    match (bits, number) {
        (8, 0..8) => LOW8[number].to_owned(),
        (8, _) => format!("r{number}l"),
        (16, 0..8) => LEGACY[number].to_owned(),
        (16, _) => format!("r{number}w"),
        (32, 0..8) => format!("e{}", LEGACY[number]),
        (32, _) => format!("r{number}d"),
        (_, 0..8) => format!("r{}", LEGACY[number]),
        _ => format!("r{number}"),
    }
}

fn xmm(reg: Xmm) -> String {
    format!("xmm{}", reg.0)
}

fn mem(mem: Mem) -> String {
    match mem {
        Mem::Base { base, disp } => format!("[{}+{disp}]", gpr(base, 64)),
        Mem::Index {
            base,
            index,
            scale,
            disp,
        } => {
            let (base, index) = (gpr(base, 64), gpr(index, 64));
            format!("[{base}+{index}*{}+{disp}]", 1 << scale)
        }
        Mem::Pool(at) => format!("[pool+{at}]"),
    }
}

fn rm(operand: Rm, bits: u32) -> String {
    match operand {
        Rm::Reg(reg) => gpr(reg, bits),
        Rm::Mem(place) => mem(place),
    }
}

fn xmm_rm(operand: XmmRm) -> String {
    match operand {
        XmmRm::Reg(reg) => xmm(reg),
        XmmRm::Mem(place) => mem(place),
    }
}

/// An operand of a decoded instruction, written the same way. Constants start at `pool`.
fn operand(instruction: &Instruction, nth: u32, pool: u64) -> String {
    match instruction.op_kind(nth) {
        OpKind::Register => format!("{:?}", instruction.op_register(nth)).to_lowercase(),
        OpKind::Memory if instruction.memory_base() == Register::RIP => {
            let from = instruction.ip_rel_memory_address();
            format!("[pool+{}]", from as i64 - pool as i64)
        }
        OpKind::Memory => {
            let base = format!("{:?}", instruction.memory_base()).to_lowercase();
            let disp = instruction.memory_displacement64() as i64;
            match instruction.memory_index() {
                Register::None => format!("[{base}+{disp}]"),
                index => {
                    let index = format!("{index:?}").to_lowercase();
                    let scale = instruction.memory_index_scale();
                    format!("[{base}+{index}*{scale}+{disp}]")
                }
            }
        }
        OpKind::NearBranch64 => format!("{}", instruction.near_branch64()),
        _ => format!("{}", instruction.immediate(nth) as i64),
    }
}

/// Constants in the pool of every code here.
const CONSTANTS: [u64; 3] = [1, 2, 3];

fn assembler(avx: bool) -> Assembler {
    let mut assembler = Assembler::default();
    assembler.avx = avx;
    for constant in CONSTANTS {
        assembler.constant64(constant);
    }
    assembler
}

/// Reads back the only instruction.
fn read(mut assembler: Assembler) -> (Instruction, Vec<String>) {
    let length = assembler.offset() as usize;
    let bytes = assembler.finish();
    let pool = length.next_multiple_of(16);
    assert_eq!(bytes.len(), pool + 8 * CONSTANTS.len());
    let mut decoder = Decoder::with_ip(64, &bytes, 0, DecoderOptions::NONE);
    let instruction = decoder.decode();
    assert!(!instruction.is_invalid(), "no instruction: {bytes:02x?}");
    assert_eq!(instruction.len(), length, "more than one: {bytes:02x?}");
    let operands = (0..instruction.op_count())
        .map(|nth| operand(&instruction, nth, pool as u64))
        .collect();
    (instruction, operands)
}

/// Emits an instruction on general registers, and compares: `code` is its form as iced-x86 names it.
fn check(code: &str, operands: &[String], emit: impl FnOnce(&mut Assembler)) {
    let mut assembler = assembler(false);
    emit(&mut assembler);
    let (instruction, read) = read(assembler);
    assert_eq!(format!("{:?}", instruction.code()), code, "{operands:?}");
    assert_eq!(read, operands, "{code}");
}

/// The same on vector registers: by the name alone.
fn check_vector(name: &str, avx: bool, operands: &[String], emit: impl FnOnce(&mut Assembler)) {
    let mut assembler = assembler(avx);
    emit(&mut assembler);
    let (instruction, read) = read(assembler);
    let prefix = if avx { "v" } else { "" };
    let mnemonic = format!("{:?}", instruction.mnemonic()).to_lowercase();
    assert_eq!(mnemonic, format!("{prefix}{}", name.to_lowercase()));
    assert_eq!(read, operands, "{name}");
}

// ---- what goes in

fn gprs() -> impl Iterator<Item = Gpr> + Clone {
    (0..16).map(Gpr)
}

fn xmms() -> impl Iterator<Item = Xmm> + Clone {
    (0..16).map(Xmm)
}

/// Places in memory: all bases with all sizes of displacements, all pairs of base and index, all scales, the pool.
fn mems() -> Vec<Mem> {
    const DISPS: [i32; 8] = [0, 1, 127, -128, 128, -129, i32::MAX, i32::MIN];
    let based = gprs().flat_map(|base| DISPS.map(|disp| Mem::Base { base, disp }));
    let indices = gprs().filter(|&index| index != RSP);
    let pairs = gprs().flat_map(|base| indices.clone().map(move |index| (base, index)));
    let indexed = pairs.enumerate().map(|(nth, (base, index))| Mem::Index {
        base,
        index,
        scale: nth as u8 % 4,
        disp: DISPS[nth / 4 % 8],
    });
    let pool = [Mem::Pool(0), Mem::Pool(16)];
    based.chain(indexed).chain(pool).collect()
}

fn rms() -> Vec<Rm> {
    let registers = gprs().map(Rm::Reg);
    registers.chain(mems().into_iter().map(Rm::Mem)).collect()
}

fn xmm_rms() -> Vec<XmmRm> {
    let registers = xmms().map(XmmRm::Reg);
    registers
        .chain(mems().into_iter().map(XmmRm::Mem))
        .collect()
}

/// Both widths.
fn widths() -> [(bool, u32); 2] {
    [(false, 32), (true, 64)]
}

const ALU: [(Alu, &str); 6] = [
    (Alu::Add, "Add"),
    (Alu::Or, "Or"),
    (Alu::And, "And"),
    (Alu::Sub, "Sub"),
    (Alu::Xor, "Xor"),
    (Alu::Cmp, "Cmp"),
];

const SHIFTS: [(ShiftOp, &str); 5] = [
    (ShiftOp::Rol, "Rol"),
    (ShiftOp::Ror, "Ror"),
    (ShiftOp::Shl, "Shl"),
    (ShiftOp::Shr, "Shr"),
    (ShiftOp::Sar, "Sar"),
];

// ---- instructions on general registers

type RegRm = fn(&mut Assembler, bool, Gpr, Rm);

#[test]
fn register_and_register_or_memory() {
    let rows: [(&str, RegRm); 7] = [
        ("Mov", Assembler::mov),
        ("Imul", Assembler::imul),
        ("Bsr", Assembler::bsr),
        ("Bsf", Assembler::bsf),
        ("Lzcnt", Assembler::lzcnt),
        ("Tzcnt", Assembler::tzcnt),
        ("Popcnt", Assembler::popcnt),
    ];
    for (wide, bits) in widths() {
        let form = format!("r{bits}_rm{bits}");
        for from in rms() {
            for to in gprs() {
                let operands = [gpr(to, bits), rm(from, bits)];
                for (name, emit) in rows {
                    check(&format!("{name}_{form}"), &operands, |assembler| {
                        emit(assembler, wide, to, from);
                    });
                }
                for (alu, name) in ALU {
                    check(&format!("{name}_{form}"), &operands, |assembler| {
                        assembler.alu(alu, wide, to, from);
                    });
                }
            }
        }
    }
}

#[test]
fn widening() {
    let rows = [
        (Widen::Zero8, "Movzx_r32_rm8", "Movzx_r32_rm8", 8),
        (Widen::Zero16, "Movzx_r32_rm16", "Movzx_r32_rm16", 16),
        (Widen::Sign8, "Movsx_r32_rm8", "Movsx_r64_rm8", 8),
        (Widen::Sign16, "Movsx_r32_rm16", "Movsx_r64_rm16", 16),
        (Widen::Sign32, "Movsxd_r64_rm32", "Movsxd_r64_rm32", 32),
    ];
    for (widen, narrow, wide, bits) in rows {
        for from in rms() {
            for to in gprs() {
                for (is_wide, code) in [(false, narrow), (true, wide)] {
                    let to_bits = if code.contains("_r64") { 64 } else { 32 };
                    let operands = [gpr(to, to_bits), rm(from, bits)];
                    check(code, &operands, |assembler| {
                        assembler.mov_widen(widen, is_wide, to, from);
                    });
                }
            }
        }
    }
}

#[test]
fn stores_and_addresses() {
    for to in mems() {
        for from in gprs() {
            for (wide, bits) in widths() {
                let code = format!("Mov_rm{bits}_r{bits}");
                check(&code, &[mem(to), gpr(from, bits)], |assembler| {
                    assembler.mov_to(wide, to, from);
                });
                let code = format!("Lea_r{bits}_m");
                check(&code, &[gpr(from, bits), mem(to)], |assembler| {
                    assembler.lea(wide, from, to);
                });
            }
            check("Mov_rm8_r8", &[mem(to), gpr(from, 8)], |assembler| {
                assembler.mov8_to(to, from);
            });
            check("Mov_rm16_r16", &[mem(to), gpr(from, 16)], |assembler| {
                assembler.mov16_to(to, from);
            });
        }
        let number = |value: i64| value.to_string();
        check("Mov_rm32_imm32", &[mem(to), number(7)], |assembler| {
            assembler.mov_imm_to(false, to, 7);
        });
        check("Mov_rm64_imm32", &[mem(to), number(-7)], |assembler| {
            assembler.mov_imm_to(true, to, -7);
        });
        check("Mov_rm8_imm8", &[mem(to), number(200)], |assembler| {
            assembler.mov8_imm_to(to, 200);
        });
        check("Mov_rm16_imm16", &[mem(to), number(50_000)], |assembler| {
            assembler.mov16_imm_to(to, 50_000);
        });
    }
}

#[test]
fn constants_in_registers() {
    let rows = [
        (0, "Mov_r32_imm32", 32),
        (0xffff_ffff, "Mov_r32_imm32", 32),
        (u64::MAX, "Mov_rm64_imm32", 64),
        (-0x8000_0000_i64 as u64, "Mov_rm64_imm32", 64),
        (0x1_0000_0000, "Mov_r64_imm64", 64),
        (0x8000_0000_0000_0000, "Mov_r64_imm64", 64),
    ];
    for (value, code, bits) in rows {
        for to in gprs() {
            let operands = [gpr(to, bits), (value as i64).to_string()];
            check(code, &operands, |assembler| assembler.mov_imm(to, value));
        }
    }
}

#[test]
fn immediates() {
    for (wide, bits) in widths() {
        // Whole immediates are 32 bits without a sign where nothing extends them.
        let text = |value: i32| match wide || i8::try_from(value).is_ok() {
            true => i64::from(value).to_string(),
            false => (value as u32).to_string(),
        };
        for (value, size) in [(1, 8), (-128, 8), (128, 32), (i32::MIN, 32)] {
            for operand in rms() {
                for (alu, name) in ALU {
                    let code = format!("{name}_rm{bits}_imm{size}");
                    check(&code, &[rm(operand, bits), text(value)], |assembler| {
                        assembler.alu_imm(alu, wide, operand, value);
                    });
                }
                for to in gprs().step_by(3) {
                    let code = format!("Imul_r{bits}_rm{bits}_imm{size}");
                    let operands = [gpr(to, bits), rm(operand, bits), text(value)];
                    check(&code, &operands, |assembler| {
                        assembler.imul_imm(wide, to, operand, value);
                    });
                }
                let code = format!("Test_rm{bits}_imm32");
                let whole = match wide {
                    true => i64::from(value).to_string(),
                    false => (value as u32).to_string(),
                };
                check(&code, &[rm(operand, bits), whole], |assembler| {
                    assembler.test_imm(wide, operand, value);
                });
            }
        }
    }
}

#[test]
fn shifts() {
    for (wide, bits) in widths() {
        for to in gprs() {
            for (shift, name) in SHIFTS {
                let code = format!("{name}_rm{bits}_CL");
                check(&code, &[gpr(to, bits), "cl".into()], |assembler| {
                    assembler.shift_cl(shift, wide, to);
                });
                let code = format!("{name}_rm{bits}_imm8");
                check(&code, &[gpr(to, bits), "5".into()], |assembler| {
                    assembler.shift_imm(shift, wide, to, 5);
                });
            }
            for from in rms() {
                for count in gprs() {
                    let operands = [gpr(to, bits), rm(from, bits), gpr(count, bits)];
                    for (shift, name) in &SHIFTS[2..] {
                        let code = format!("VEX_{name}x_r{bits}_rm{bits}_r{bits}");
                        check(&code, &operands, |assembler| {
                            assembler.shift_x(*shift, wide, to, from, count);
                        });
                    }
                }
                let code = format!("VEX_Rorx_r{bits}_rm{bits}_imm8");
                let operands = [gpr(to, bits), rm(from, bits), "9".into()];
                check(&code, &operands, |assembler| {
                    assembler.rorx(wide, to, from, 9);
                });
            }
        }
    }
}

#[test]
fn one_operand() {
    for (wide, bits) in widths() {
        for reg in gprs() {
            check(&format!("Neg_rm{bits}"), &[gpr(reg, bits)], |assembler| {
                assembler.neg(wide, reg);
            });
            for other in gprs() {
                let operands = [gpr(reg, bits), gpr(other, bits)];
                check(&format!("Test_rm{bits}_r{bits}"), &operands, |assembler| {
                    assembler.test(wide, reg, other);
                });
            }
        }
        for by in rms() {
            check(&format!("Div_rm{bits}"), &[rm(by, bits)], |assembler| {
                assembler.div(wide, by);
            });
            check(&format!("Idiv_rm{bits}"), &[rm(by, bits)], |assembler| {
                assembler.idiv(wide, by);
            });
        }
    }
    for reg in gprs() {
        check("Push_r64", &[gpr(reg, 64)], |assembler| assembler.push(reg));
        check("Pop_r64", &[gpr(reg, 64)], |assembler| assembler.pop(reg));
    }
    for to in rms() {
        check("Call_rm64", &[rm(to, 64)], |assembler| assembler.call(to));
        check("Jmp_rm64", &[rm(to, 64)], |assembler| assembler.jump_to(to));
    }
    check("Cdq", &[], |assembler| assembler.sign_to_rdx(false));
    check("Cqo", &[], |assembler| assembler.sign_to_rdx(true));
    check("Leaveq", &[], Assembler::leave);
    check("Retnq", &[], Assembler::ret);
    check("Hlt", &[], Assembler::hlt);
}

/// The processor's conditions in order of their numbers, as iced-x86 writes them.
const CONDITIONS: [&str; 16] = [
    "o", "no", "b", "ae", "e", "ne", "be", "a", "s", "ns", "p", "np", "l", "ge", "le", "g",
];

#[test]
fn conditions() {
    use condition::*;
    let named = [
        (BELOW, "b"),
        (ABOVE_EQUAL, "ae"),
        (EQUAL, "e"),
        (NOT_EQUAL, "ne"),
        (BELOW_EQUAL, "be"),
        (ABOVE, "a"),
        (SIGN, "s"),
        (PARITY, "p"),
        (NOT_PARITY, "np"),
        (LESS, "l"),
        (GREATER_EQUAL, "ge"),
        (LESS_EQUAL, "le"),
        (GREATER, "g"),
    ];
    for (number, name) in named {
        assert_eq!(CONDITIONS[usize::from(number)], name);
    }
    for (number, name) in CONDITIONS.iter().enumerate() {
        let number = number as u8;
        for reg in gprs() {
            check(&format!("Set{name}_rm8"), &[gpr(reg, 8)], |assembler| {
                assembler.set_if(number, reg);
            });
        }
        for (wide, bits) in widths() {
            for from in rms() {
                for to in gprs().step_by(5) {
                    let code = format!("Cmov{name}_r{bits}_rm{bits}");
                    check(&code, &[gpr(to, bits), rm(from, bits)], |assembler| {
                        assembler.cmov(number, wide, to, from);
                    });
                }
            }
        }
    }
}

// ---- instructions on vector registers

/// Instructions, each with its name.
macro_rules! named {
    ($($op:ident)*) => { [$((stringify!($op), $op)),*] };
}

/// In both encodings, and with a destination of its own in the newer one.
fn check_two_sources(name: &str, op: Op, imm: Option<u8>) {
    let tail = u8::from(imm.is_some());
    let finish = |assembler: &mut Assembler| {
        if let Some(imm) = imm {
            assembler.imm8(imm);
        }
    };
    let number = imm.map(|imm| imm.to_string());
    for from in xmm_rms() {
        for to in xmms().step_by(5) {
            let mut operands = vec![xmm(to), xmm_rm(from)];
            operands.extend(number.clone());
            check_vector(name, false, &operands, |assembler| {
                assembler.sse(op, false, to, from, tail);
                finish(assembler);
            });
            operands.insert(1, xmm(to));
            check_vector(name, true, &operands, |assembler| {
                assembler.sse(op, false, to, from, tail);
                finish(assembler);
            });
            for second in xmms().step_by(3) {
                operands[1] = xmm(second);
                check_vector(name, true, &operands, |assembler| {
                    assembler.vex(op, false, to.0, second.0, from, tail);
                    finish(assembler);
                });
            }
        }
    }
}

fn check_one_source(name: &str, op: Op, imm: Option<u8>) {
    for from in xmm_rms() {
        for to in xmms().step_by(5) {
            let mut operands = vec![xmm(to), xmm_rm(from)];
            operands.extend(imm.map(|imm| imm.to_string()));
            for avx in [false, true] {
                check_vector(name, avx, &operands, |assembler| {
                    assembler.sse1(op, false, to, from, u8::from(imm.is_some()));
                    if let Some(imm) = imm {
                        assembler.imm8(imm);
                    }
                });
            }
        }
    }
}

#[test]
fn lanes_with_two_sources() {
    let rows = named![
        PUNPCKLBW PUNPCKLWD PUNPCKLDQ PACKSSWB PCMPGTB PCMPGTW PCMPGTD PACKUSWB PUNPCKHBW PUNPCKHWD
        PUNPCKHDQ PACKSSDW PUNPCKLQDQ PUNPCKHQDQ PCMPEQB PCMPEQW PCMPEQD PADDQ PMULLW PSUBUSB PSUBUSW
        PMINUB PAND PADDUSB PADDUSW PMAXUB PANDN PAVGB PAVGW PMULHUW PMULHW PSUBSB PSUBSW PMINSW POR
        PADDSB PADDSW PMAXSW PXOR PMULUDQ PMADDWD PSUBB PSUBW PSUBD PSUBQ PADDB PADDW PADDD
        PSHUFB PMADDUBSW PMULHRSW PMULDQ PCMPEQQ PACKUSDW PCMPGTQ PMINSB PMINSD PMINUW PMINUD PMAXSB
        PMAXSD PMAXUW PMAXUD PMULLD XORPS ANDPS ANDNPS ORPS
    ];
    for (name, op) in rows {
        check_two_sources(name, op, None);
    }
    for (name, op) in named![PBLENDW PALIGNR SHUFPS INSERTPS] {
        check_two_sources(name, op, Some(0x5a));
    }
    let shifts = named![PSRLW PSRLD PSRLQ PSRAW PSRAD PSLLW PSLLD PSLLQ];
    for (name, shift) in shifts {
        check_two_sources(name, shift.by_register, None);
    }
}

#[test]
fn lanes_with_one_source() {
    let rows = named![
        PTEST PABSB PABSW PABSD PMOVSXBW PMOVSXWD PMOVSXDQ PMOVZXBW PMOVZXWD PMOVZXDQ CVTDQ2PS
        CVTTPS2DQ CVTPS2PD CVTPD2PS CVTTPD2DQ CVTDQ2PD MOVDDUP MOVAPS MOVUPS UCOMISS UCOMISD
    ];
    for (name, op) in rows {
        check_one_source(name, op, None);
    }
    for (name, op) in named![PSHUFD PSHUFLW] {
        check_one_source(name, op, Some(0x1b));
    }
}

#[test]
fn floats() {
    let lowest = [(SINGLE, "ss"), (DOUBLE, "sd")];
    for (ops, suffix) in lowest {
        let rows = [
            (ops.add, "add"),
            (ops.sub, "sub"),
            (ops.mul, "mul"),
            (ops.div, "div"),
            (ops.min, "min"),
            (ops.max, "max"),
            (ops.sqrt, "sqrt"),
        ];
        for (op, name) in rows {
            check_two_sources(&format!("{name}{suffix}"), op, None);
        }
        check_two_sources(&format!("round{suffix}"), ops.round, Some(11));
        check_one_source(&format!("ucomi{suffix}"), ops.compare, None);
    }
    for (ops, suffix) in [(SINGLES, "ps"), (DOUBLES, "pd")] {
        let rows = [
            (ops.add, "add"),
            (ops.sub, "sub"),
            (ops.mul, "mul"),
            (ops.div, "div"),
            (ops.min, "min"),
            (ops.max, "max"),
        ];
        for (op, name) in rows {
            check_two_sources(&format!("{name}{suffix}"), op, None);
        }
        check_one_source(&format!("sqrt{suffix}"), ops.sqrt, None);
        check_one_source(&format!("round{suffix}"), ops.round, Some(9));
        check_two_sources(&format!("cmp{suffix}"), ops.compare, Some(3));
    }
    check_two_sources("cvtss2sd", CVTSS2SD, None);
    check_two_sources("cvtsd2ss", CVTSD2SS, None);
}

#[test]
fn shifts_of_lanes_by_numbers() {
    let shifts = named![PSRLW PSRLD PSRLQ PSRAW PSRAD PSLLW PSLLD PSLLQ];
    for (name, shift) in shifts {
        for from in xmms() {
            check_vector(name, false, &[xmm(from), "3".into()], |assembler| {
                let digit = Xmm(shift.digit);
                assembler.sse(shift.by_number, false, digit, from.into(), 1);
                assembler.imm8(3);
            });
            for to in xmms() {
                let operands = [xmm(to), xmm(from), "3".into()];
                check_vector(name, true, &operands, |assembler| {
                    assembler.vex(shift.by_number, false, shift.digit, to.0, from.into(), 1);
                    assembler.imm8(3);
                });
            }
        }
    }
}

#[test]
fn blends_by_masks() {
    for (ops, name) in [(SINGLES, "blendvps"), (DOUBLES, "blendvpd")] {
        for mask in xmms() {
            let operands = ["xmm1", "xmm9", "xmm12"].map(str::to_owned);
            let operands = [&operands[..], &[xmm(mask)]].concat();
            check_vector(name, true, &operands, |assembler| {
                assembler.vex(ops.blend, false, 1, 9, Xmm(12).into(), 1);
                assembler.imm8(mask.0 << 4);
            });
        }
    }
}

#[test]
fn stores_of_vectors() {
    for (name, op) in named![MOVUPS_TO MOVSS_TO MOVSD_TO] {
        for to in mems() {
            for from in xmms() {
                for avx in [false, true] {
                    let operands = [mem(to), xmm(from)];
                    let name = name.trim_end_matches("_TO");
                    check_vector(name, avx, &operands, |assembler| {
                        assembler.sse1(op, false, from, to.into(), 0);
                    });
                }
            }
        }
    }
    for (name, op) in named![MOVSS MOVSD] {
        for from in mems() {
            for to in xmms() {
                for avx in [false, true] {
                    check_vector(name, avx, &[xmm(to), mem(from)], |assembler| {
                        assembler.sse1(op, false, to, from.into(), 0);
                    });
                }
            }
        }
    }
}

#[test]
fn between_general_and_vector_registers() {
    for avx in [false, true] {
        for (wide, bits) in widths() {
            let name = if wide { "movq" } else { "movd" };
            for operand in rms() {
                for reg in xmms() {
                    let (vector, general) = (xmm(reg), rm(operand, bits));
                    let operands = [vector.clone(), general.clone()];
                    check_vector(name, avx, &operands, |assembler| {
                        assembler.sse_gpr(MOVD, wide, reg.0, operand, 0);
                    });
                    check_vector(name, avx, &[general, vector], |assembler| {
                        assembler.sse_gpr(MOVD_TO, wide, reg.0, operand, 0);
                    });
                }
            }
            for to in gprs() {
                for from in xmms() {
                    let operands = [gpr(to, bits), xmm(from)];
                    for (name, op) in named![CVTTSS2SI CVTTSD2SI] {
                        check_vector(name, avx, &operands, |assembler| {
                            assembler.sse_gpr_from(op, wide, to.0, from);
                        });
                    }
                }
            }
        }
        for to in gprs() {
            for from in xmms() {
                let operands = [gpr(to, 32), xmm(from)];
                for (name, op) in named![PMOVMSKB MOVMSKPS MOVMSKPD] {
                    check_vector(name, avx, &operands, |assembler| {
                        assembler.sse_gpr_from(op, false, to.0, from);
                    });
                }
            }
        }
    }
}

// ---- labels and jumps

/// Where each instruction starts, and where it leads.
fn jumps(bytes: &[u8]) -> Vec<(u64, usize, u64)> {
    let decoder = Decoder::with_ip(64, bytes, 0, DecoderOptions::NONE);
    let jumps = decoder
        .into_iter()
        .filter(|instruction| instruction.op0_kind() == OpKind::NearBranch64);
    jumps
        .map(|jump| (jump.ip(), jump.len(), jump.near_branch64()))
        .collect()
}

fn fill(assembler: &mut Assembler, count: u32) {
    for _ in 0..count {
        assembler.hlt();
    }
}

#[test]
fn forward_jumps_form_a_chain() {
    let mut assembler = Assembler::default();
    let mut label = Label::new();
    assert!(!label.is_awaited());
    for number in 0..100 {
        match number % 3 {
            0 => assembler.jump(&mut label),
            _ => assembler.jump_if(number % 16, &mut label),
        }
        assert!(label.is_awaited());
    }
    fill(&mut assembler, 1000);
    let here = assembler.offset();
    assembler.bind(&mut label);
    assert_eq!(label, Label::Bound(here));
    assembler.ret();
    let jumps = jumps(&assembler.finish());
    assert_eq!(jumps.len(), 100);
    assert!(jumps.iter().all(|&(.., to)| to == u64::from(here)));
}

#[test]
fn backward_jumps_are_short_where_they_can_be() {
    for (filling, jump, jump_if) in [
        (0, 2, 2),
        (124, 2, 2),
        (126, 2, 6),
        (127, 5, 6),
        (9999, 5, 6),
    ] {
        let mut assembler = Assembler::default();
        let mut label = Label::new();
        assembler.ret();
        assembler.bind(&mut label);
        fill(&mut assembler, filling);
        assembler.jump(&mut label);
        assembler.jump_if(condition::EQUAL, &mut label);
        let jumps = jumps(&assembler.finish());
        let lengths: Vec<_> = jumps.iter().map(|&(_, length, _)| length).collect();
        assert_eq!(lengths, [jump, jump_if], "behind {filling} bytes");
        assert!(jumps.iter().all(|&(.., to)| to == 1));
    }
}

#[test]
fn short_jumps_land() {
    let mut assembler = Assembler::default();
    let first = assembler.short_jump_if(condition::LESS);
    fill(&mut assembler, 127);
    assembler.land(first);
    let second = assembler.short_jump();
    assembler.land(second);
    let jumps = jumps(&assembler.finish());
    assert_eq!(jumps, [(0, 2, 129), (129, 2, 131)]);
}

#[test]
fn entries_of_tables_are_relative_to_themselves() {
    let mut assembler = Assembler::default();
    let (mut before, mut behind) = (Label::new(), Label::new());
    fill(&mut assembler, 3);
    assembler.bind(&mut before);
    let at = assembler.lea_ahead(Gpr(11));
    assembler.jump(&mut behind);
    let table = assembler.offset();
    assembler.land_ahead(at);
    for _ in 0..3 {
        assembler.table_entry(&mut before);
        assembler.table_entry(&mut behind);
    }
    assembler.jump(&mut behind);
    fill(&mut assembler, 500);
    let here = assembler.offset();
    assembler.bind(&mut behind);
    assembler.ret();
    let bytes = assembler.finish();
    let mut decoder = Decoder::with_ip(64, &bytes[3..], 3, DecoderOptions::NONE);
    let lea = decoder.decode();
    assert_eq!(format!("{:?}", lea.code()), "Lea_r64_m");
    assert_eq!(lea.op0_register(), Register::R11);
    assert_eq!(lea.ip_rel_memory_address(), u64::from(table));
    assert_eq!(decoder.decode().near_branch64(), u64::from(here));
    for number in 0..6 {
        let at = table + number * 4;
        let entry = bytes[at as usize..][..4].try_into().expect("four bytes");
        let to = at.wrapping_add_signed(i32::from_le_bytes(entry));
        assert_eq!(to, [3, here][number as usize % 2]);
    }
    let behind_table = Decoder::with_ip(64, &bytes[table as usize + 24..], 0, 0).decode();
    assert_eq!(behind_table.near_branch64() as u32 + table + 24, here);
}

#[test]
fn constants_are_shared_and_aligned() {
    let mut assembler = Assembler::default();
    let one = assembler.constant64(1);
    assert_eq!(assembler.constant64(1), one);
    assert_eq!(assembler.constant64(2), Mem::Pool(8));
    assert_eq!(assembler.constant64(3), Mem::Pool(16));
    let vector = assembler.constant128(1 << 64);
    assert_eq!(vector, Mem::Pool(32), "aligned");
    assert_eq!(assembler.constant128(1 << 64), vector);
    assembler.mov(true, Gpr(0), one.into());
    assembler.sse1(MOVAPS, false, Xmm(0), vector.into(), 0);
    let bytes = assembler.finish();
    assert_eq!(bytes.len(), 16 + 48);
    let words: Vec<_> = bytes[16..].chunks(8).map(|word| word[0]).collect();
    assert_eq!(words, [1, 2, 3, 0, 0, 1]);
    // What is used again starts with nothing.
    assembler.clear();
    assembler.ret();
    assert_eq!(assembler.finish(), [0xc3]);
}
