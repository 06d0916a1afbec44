// SPDX-License-Identifier: MIT
//
// Rust in the workloads of growth.h: Rc and rc::Weak (peer "rust-rc"), Arc and
// sync::Weak (peer "rust-arc"). The first argument is the peer. The passes are
// growth.h's.
use std::env;
use std::hint::black_box;
use std::process::Command;
use std::rc::{Rc, Weak as RcWeak};
use std::sync::{Arc, Weak as ArcWeak};
use std::time::Instant;

const ROWS: [&str; 5] = ["make", "retain_release_first", "retain_release",
    "weak_get", "release_random"];

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

fn clock_cost() -> f64 {
    (0..1000).map(|_| { let start = now(); now() - start })
        .fold(f64::MAX, f64::min)
}

fn timed(clock_cost: f64, work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    now() - start - clock_cost
}

fn variable(name: &str, otherwise: f64) -> f64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn resident() -> f64 {
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = map.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<f64>().unwrap() * 1024.0
}

fn shuffled(count: usize) -> Vec<u32> {
    let mut state: u64 = 88172645463325252;
    let mut order: Vec<u32> = (0..count as u32).collect();
    for i in (1..count).rev() {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        order.swap(i, (state % (i as u64 + 1)) as usize);
    }
    order
}

// Room for those that are not there yet, all pages touched.
fn places<T>(count: usize) -> Vec<Option<T>> {
    let mut places: Vec<Option<T>> = Vec::with_capacity(count);
    places.resize_with(count, || None);
    for place in places.iter_mut() {
        unsafe { std::ptr::write_volatile(place, None) };
    }
    places
}

macro_rules! peer { ($name:ident, $peer:expr, $Strong:ident, $Weak:ident) => {
mod $name {
    use super::*;

    struct Node {
        _left: Option<$Strong<Node>>,
        _right: Option<$Strong<Node>>,
    }

    struct Growth {
        again: usize,
        order: Vec<u32>,
        places: Vec<Option<$Strong<Node>>>,
        held: Vec<Option<$Strong<Node>>>,
        weaks: Vec<Option<$Weak<Node>>>,
        clock_cost: f64,
    }

    impl Growth {
        fn make(&mut self) -> f64 {
            timed(self.clock_cost, || for place in self.held.iter_mut() {
                *place = Some($Strong::new(Node { _left: None, _right: None }));
            })
        }

        fn mix(&mut self) {
            for (i, &from) in self.order.iter().enumerate() {
                self.places[i] = self.held[from as usize].take();
            }
        }

        fn keep(&mut self, times: usize) -> f64 {
            timed(self.clock_cost, || for _ in 0..times {
                for (to, from) in self.held.iter_mut().zip(&self.places) {
                    *to = from.clone();
                }
                for place in self.held.iter_mut() {
                    *place = None;
                }
            })
        }

        fn get(&mut self) -> f64 {
            for (to, from) in self.weaks.iter_mut().zip(&self.places) {
                *to = from.as_ref().map($Strong::downgrade);
            }
            let mut found = 0;
            let ns = timed(self.clock_cost, || for _ in 0..self.again {
                for weak in &self.weaks {
                    if let Some(got) = weak.as_ref().unwrap().upgrade() {
                        found += 1;
                        black_box(&got);
                    }
                }
            });
            assert!(found == self.again * self.weaks.len());
            for weak in self.weaks.iter_mut() {
                *weak = None;
            }
            ns
        }

        fn release(&mut self) -> f64 {
            for place in &self.places {
                assert!($Strong::strong_count(place.as_ref().unwrap()) == 1);
            }
            timed(self.clock_cost, || for place in self.places.iter_mut() {
                *place = None;
            })
        }
    }

    pub fn run(exponent: u32) {
        let count = 10usize.pow(exponent);
        let passes = (1_000_000 / count).clamp(1, 30);
        let again = (100_000 / count).max(1);
        let mut growth = Growth { again, order: shuffled(count),
            places: places(count), held: places(count), weaks: places(count),
            clock_cost: clock_cost() };
        let least = if count > 1_000_000 { 1 } else { 3 };
        let most = variable("BENCH_REPETITIONS", 9.0) as usize;
        let enough = variable("BENCH_MILLISECONDS", 300.0);
        let empty = resident();
        let mut is_weighed = false;
        let mut repetition = || {
            let mut ns = [0.0; 5];
            for _ in 0..passes {
                ns[0] += growth.make();
                if !is_weighed {
                    println!("{}\tW23_growth\tobject_bytes_1e{exponent}\tB\t{:.2}",
                        $peer, (resident() - empty) / count as f64);
                    is_weighed = true;
                }
                growth.mix();
                ns[1] += growth.keep(1);
                ns[2] += growth.keep(again) / again as f64;
                ns[3] += growth.get() / again as f64;
                ns[4] += growth.release();
            }
            ns.map(|ns| ns / (passes * count) as f64)
        };
        repetition();
        let start = Instant::now();
        let mut samples: Vec<[f64; 5]> = Vec::new();
        while samples.len() < most && (samples.len() < least
            || start.elapsed().as_secs_f64() * 1e3 < enough) {
            samples.push(repetition());
        }
        for (i, row) in ROWS.iter().enumerate() {
            print!("{}\tW23_growth\t{row}_1e{exponent}\tns", $peer);
            for sample in &samples {
                print!("\t{:.4}", sample[i]);
            }
            println!();
        }
    }
}
} }

peer!(rc, "rust-rc", Rc, RcWeak);
peer!(arc, "rust-arc", Arc, ArcWeak);

// Each size in a process of its own, which is told so by one more argument.
fn main() {
    let arguments: Vec<String> = env::args().collect();
    let peer = arguments.get(1).map(String::as_str).unwrap_or("rust-rc");
    if let Some(exponent) = arguments.get(3) {
        let exponent = exponent.parse().unwrap();
        if peer == "rust-rc" { rc::run(exponent) } else { arc::run(exponent) }
        return;
    }
    let is_large_wanted = variable("BENCH_LARGE", 1.0) != 0.0;
    for exponent in 3..if is_large_wanted { 8 } else { 7 } {
        let done = Command::new(env::current_exe().unwrap())
            .args([peer, "W23", &exponent.to_string()]).status().unwrap();
        assert!(done.success());
    }
}
