// SPDX-License-Identifier: MIT
//
// Rust: Rc and rc::Weak (peer "rust-rc", one thread) and Arc and sync::Weak
// (peer "rust-arc"), with nothing but std. The rows are those of weft.c, the
// output and the environment those of bench.h; the first argument is the peer.
//
// A callback is a boxed closure in the object that its Drop calls: there is no
// weak reference that tells. So there is nothing to remove from a list.
use std::cell::{Cell, RefCell};
use std::env;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::rc::{Rc, Weak as RcWeak};
use std::sync::{Arc, Mutex, Weak as ArcWeak};
use std::time::Instant;

const MILLION: usize = 1_000_000;
const HUNDRED_THOUSAND: usize = 100_000;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
}

// CPU time of the process.
fn now() -> f64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(2, &mut time) };
    time.seconds as f64 * 1e9 + time.nanoseconds as f64
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    now() - start
}

fn wants(workload: &str) -> bool {
    let wanted: Vec<String> = env::args().skip(2).collect();
    wanted.is_empty() || wanted.iter().any(|one| one == workload)
}

fn variable(name: &str, otherwise: f64) -> f64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

// `measure` does one repetition and gives the nanoseconds of every row.
fn run<const N: usize>(peer: &str, workload: &str, params: [&str; N],
    fresh: bool, operations: usize, mut measure: impl FnMut() -> [f64; N])
{
    let repetitions = variable("BENCH_REPETITIONS", 9.0) as usize;
    let enough = variable("BENCH_MILLISECONDS", 300.0);
    let first = measure();
    let mut samples: Vec<[f64; N]> = Vec::new();
    let start = Instant::now();
    while samples.len() < repetitions && (samples.len() < 3
        || start.elapsed().as_secs_f64() * 1e3 < enough) {
        samples.push(measure());
    }
    for (i, param) in params.iter().enumerate() {
        if fresh {
            println!("{peer}\t{workload}\t{param}_fresh\tns\t{:.4}",
                first[i] / operations as f64);
        }
        print!("{peer}\t{workload}\t{param}\tns");
        for sample in &samples {
            print!("\t{:.4}", sample[i] / operations as f64);
        }
        println!();
    }
}

fn bytes(peer: &str, param: &str, bytes: f64) {
    println!("{peer}\tW16_memory\t{param}\tB\t{bytes:.2}");
}

fn resident() -> f64 {
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = map.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<f64>().unwrap() * 1024.0
}

fn shuffled(count: usize) -> Vec<usize> {
    let mut state: u64 = 88172645463325252;
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(i, (state % (i as u64 + 1)) as usize);
    }
    order
}

// A place for one that is not there yet, all pages touched.
fn places<T>(count: usize) -> Vec<Option<T>> {
    let mut places: Vec<Option<T>> = Vec::with_capacity(count);
    places.resize_with(count, || None);
    for place in places.iter_mut() {
        unsafe { std::ptr::write_volatile(place, None) };
    }
    places
}

macro_rules! peer { ($name:ident, $peer:expr, $Strong:ident, $Weak:ident,
    $Cell:ident, $borrow:ident) => {
mod $name {
    use super::*;

    const PEER: &str = $peer;

    struct Node {
        left: Option<$Strong<Node>>,
        _right: Option<$Strong<Node>>,
    }

    struct Told {
        _left: Option<$Strong<Node>>,
        _right: Option<$Strong<Node>>,
        callback: Option<Box<dyn Fn()>>,
    }

    impl Drop for Told {
        fn drop(&mut self) {
            if let Some(callback) = self.callback.take() {
                callback()
            }
        }
    }

    // What safe Rust asks for, to set a child later.
    struct Tree {
        kid: [$Cell<Option<$Strong<Tree>>>; 8],
        _parent: $Weak<Tree>,
    }

    thread_local!(static CALLS: Cell<usize> = const { Cell::new(0) });

    fn node() -> $Strong<Node> {
        $Strong::new(Node { left: None, _right: None })
    }

    fn told(i: usize) -> $Strong<Told> {
        $Strong::new(Told { _left: None, _right: None,
            callback: Some(Box::new(move || {
                black_box(i);
                CALLS.with(|calls| calls.set(calls.get() + 1));
            })) })
    }

    fn nodes(count: usize) -> Vec<Option<$Strong<Node>>> {
        (0..count).map(|_| Some(node())).collect()
    }

    fn shuffled_nodes() -> Vec<$Strong<Node>> {
        let mut made = nodes(MILLION);
        shuffled(MILLION).iter().map(|&i| made[i].take().unwrap()).collect()
    }

    fn making() {
        if wants("W1") {
            run(PEER, "W1_alloc_free", ["hot"], false, MILLION, || [timed(|| {
                for _ in 0..MILLION {
                    black_box(node());
                }
            })]);
        }
        if wants("W2") {
            let order = shuffled(MILLION);
            let mut all = places::<$Strong<Node>>(MILLION);
            run(PEER, "W2_bulk", ["alloc_1e6", "free_random_1e6"], true,
                MILLION, || [
                timed(|| for place in all.iter_mut() {
                    *place = Some(node());
                }),
                timed(|| for &i in &order {
                    all[i] = None;
                })]);
        }
    }

    fn references() {
        let hot = node();
        run(PEER, "W3_refcount", ["hot"], false, MILLION, || [timed(|| {
            for _ in 0..MILLION {
                black_box($Strong::clone(black_box(&hot)));
            }
        })]);
        let all = shuffled_nodes();
        let mut held = places::<$Strong<Node>>(MILLION);
        run(PEER, "W3_refcount", ["random_1e6"], false, MILLION, || [timed(|| {
            for i in 0..MILLION {
                held[i] = Some(all[i].clone());
            }
            for place in held.iter_mut() {
                *place = None;
            }
        })]);
        assert!($Strong::strong_count(&all[7]) == 1);
    }

    fn taking() {
        let hot = node();
        let take = |param| {
            run(PEER, "W5_weak_create", [param], false, MILLION, || [timed(|| {
                for _ in 0..MILLION {
                    black_box($Strong::downgrade(black_box(&hot)));
                }
            })]);
        };
        take("first");
        let _other = $Strong::downgrade(&hot);
        take("second");
        let all = shuffled_nodes();
        run(PEER, "W5_weak_create", ["random_1e6"], false, MILLION, || {
            [timed(|| for node in &all {
                black_box($Strong::downgrade(node));
            })]
        });
        drop(all);
        let mut handles = places::<$Weak<Node>>(HUNDRED_THOUSAND);
        run(PEER, "W5_weak_create", ["first_1e5"], false, HUNDRED_THOUSAND,
            || {
            let all = nodes(HUNDRED_THOUSAND);
            let ns = timed(|| for i in 0..HUNDRED_THOUSAND {
                handles[i] = all[i].as_ref().map($Strong::downgrade);
            });
            drop(all);
            for handle in handles.iter_mut() {
                assert!(handle.take().unwrap().upgrade().is_none());
            }
            [ns]
        });
    }

    fn getting() {
        let hot = node();
        let handle = $Strong::downgrade(&hot);
        run(PEER, "W6_weak_upgrade", ["hot"], false, MILLION, || {
            let mut found = 0;
            let ns = timed(|| for _ in 0..MILLION {
                if let Some(got) = black_box(&handle).upgrade() {
                    found += 1;
                    black_box(got);
                }
            });
            assert!(found == MILLION);
            [ns]
        });
        let all = shuffled_nodes();
        let handles: Vec<_> = all.iter().map($Strong::downgrade).collect();
        run(PEER, "W6_weak_upgrade", ["random_1e6"], false, MILLION, || {
            let mut found = 0;
            let ns = timed(|| for handle in &handles {
                if let Some(got) = handle.upgrade() {
                    found += 1;
                    black_box(&got);
                }
            });
            assert!(found == MILLION);
            [ns]
        });
    }

    fn getting_dead() {
        let handle = $Strong::downgrade(&node());
        run(PEER, "W7_weak_dead", ["hot"], false, MILLION, || {
            let mut dead = 0;
            let ns = timed(|| for _ in 0..MILLION {
                dead += black_box(&handle).upgrade().is_none() as usize;
            });
            assert!(dead == MILLION);
            [ns]
        });
        let handles: Vec<_> = shuffled_nodes().iter().map($Strong::downgrade)
            .collect();
        run(PEER, "W7_weak_dead", ["random_1e6"], false, MILLION, || {
            let mut dead = 0;
            let ns = timed(|| for handle in &handles {
                dead += handle.upgrade().is_none() as usize;
            });
            assert!(dead == MILLION);
            [ns]
        });
    }

    fn death(watched: bool) -> f64 {
        let mut all = nodes(HUNDRED_THOUSAND);
        let mut handles = places::<$Weak<Node>>(HUNDRED_THOUSAND);
        for i in 0..HUNDRED_THOUSAND {
            if watched {
                handles[i] = all[i].as_ref().map($Strong::downgrade);
            }
        }
        timed(|| for place in all.iter_mut() {
            *place = None;
        })
    }

    // Without `total` the memory stays until the Weak goes too.
    fn death_told(total: bool) -> f64 {
        let mut all: Vec<_> = (0..HUNDRED_THOUSAND).map(|i| Some(told(i)))
            .collect();
        let mut handles: Vec<_> = all.iter().map(|one| Some(
            $Strong::downgrade(one.as_ref().unwrap()))).collect();
        CALLS.with(|calls| calls.set(0));
        let ns = timed(|| for i in 0..HUNDRED_THOUSAND {
            all[i] = None;
            if total {
                handles[i] = None;
            }
        });
        assert!(CALLS.with(|calls| calls.get()) == HUNDRED_THOUSAND);
        ns
    }

    fn deaths() {
        run(PEER, "W8_callback", ["death_plain", "death_weak"], false,
            HUNDRED_THOUSAND, || [death(false), death(true)]);
        run(PEER, "W8_callback", ["death_cb", "death_cb_total"], false,
            HUNDRED_THOUSAND, || [death_told(false), death_told(true)]);
        run(PEER, "W8_callback", ["made_fired_gone"], false, HUNDRED_THOUSAND,
            || {
            CALLS.with(|calls| calls.set(0));
            let ns = timed(|| for i in 0..HUNDRED_THOUSAND {
                let one = told(i);
                let handle = $Strong::downgrade(&one);
                black_box(&handle);
                drop(one);
            });
            assert!(CALLS.with(|calls| calls.get()) == HUNDRED_THOUSAND);
            [ns]
        });
    }

    fn make_chain(count: usize) -> $Strong<Node> {
        let mut head = node();
        for _ in 1..count {
            head = $Strong::new(Node { left: Some(head), _right: None });
        }
        head
    }

    fn chain_by_hand(count: usize) -> f64 {
        let mut head = Some(make_chain(count));
        timed(|| while let Some(one) = head {
            head = $Strong::try_unwrap(one).ok()
                .and_then(|mut node| node.left.take());
        })
    }

    // In a child: it may run out of stack.
    fn chains() {
        let natural = Command::new(env::current_exe().unwrap())
            .args([PEER, "natural-chain"]).stderr(Stdio::null()).output();
        let output = natural.unwrap();
        if output.status.success() {
            print!("{}", String::from_utf8(output.stdout).unwrap());
        } else {
            println!("{PEER}\tW14_list\t1e6\tns\tcrash");
        }
        run(PEER, "W14_list", ["1e6_by_hand"], false, MILLION,
            || [chain_by_hand(MILLION)]);
        run(PEER, "W14_list", ["1e7_by_hand"], false, 10 * MILLION,
            || [chain_by_hand(10 * MILLION)]);
    }

    fn make_tree(count: usize) -> $Strong<Tree> {
        let mut all: Vec<$Strong<Tree>> = Vec::with_capacity(count);
        for i in 0..count {
            let parent = if i == 0 { $Weak::new() } else {
                $Strong::downgrade(&all[(i - 1) / 8])
            };
            all.push($Strong::new(Tree { _parent: parent,
                kid: std::array::from_fn(|_| $Cell::new(None)) }));
            if i > 0 {
                let place = &all[(i - 1) / 8].kid[(i - 1) % 8];
                *$borrow(place) = Some(all[i].clone());
            }
        }
        all[0].clone()
    }

    fn weigh() {
        let mut all = places::<$Strong<Node>>(MILLION);
        let mut handles = places::<$Weak<Node>>(MILLION);
        let empty = resident();
        for place in all.iter_mut() {
            *place = Some(node());
        }
        let made = resident();
        for i in 0..MILLION {
            handles[i] = all[i].as_ref().map($Strong::downgrade);
        }
        bytes(PEER, "obj", (made - empty) / MILLION as f64);
        bytes(PEER, "weakref", (resident() - made) / MILLION as f64
            + std::mem::size_of::<$Weak<Node>>() as f64);
        black_box((all, handles));
    }

    pub fn main() {
        if env::args().nth(2).as_deref() == Some("natural-chain") {
            run(PEER, "W14_list", ["1e6"], false, MILLION, || {
                let head = make_chain(MILLION);
                [timed(|| drop(head))]
            });
            return;
        }
        if wants("W16") { weigh(); }
        making();
        if wants("W3") { references(); }
        if wants("W5") { taking(); }
        if wants("W6") { getting(); }
        if wants("W7") { getting_dead(); }
        if wants("W8") { deaths(); }
        if wants("W14") { chains(); }
        if wants("W15") {
            run(PEER, "W15_tree", ["teardown_1e6"], false, MILLION, || {
                let root = make_tree(MILLION);
                [timed(|| drop(root))]
            });
        }
    }
}
} }

fn borrow<T>(cell: &RefCell<T>) -> std::cell::RefMut<'_, T> {
    cell.borrow_mut()
}

fn lock<T>(cell: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    cell.lock().unwrap()
}

peer!(rc, "rust-rc", Rc, RcWeak, RefCell, borrow);
peer!(arc, "rust-arc", Arc, ArcWeak, Mutex, lock);

fn main() {
    if env::args().nth(1).as_deref() == Some("rust-rc") {
        rc::main()
    } else {
        arc::main()
    }
}
