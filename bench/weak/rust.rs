// SPDX-License-Identifier: MIT
//
// Rust in the workloads of weak.h: HashMap and rc::Weak, and objects whose Drop
// takes their entry out. The first argument is the peer: "rust-rc" hashes by
// one multiplication a word, of which it takes both halves; "rust-sip" as
// HashMap does by itself, which is SipHash-1-3 with a secret.
use std::cell::RefCell;
use std::collections::hash_map::RandomState;
use std::collections::HashMap;
use std::env;
use std::hash::{BuildHasher, BuildHasherDefault, Hash, Hasher};
use std::hint::black_box;
use std::process::Command;
use std::rc::{Rc, Weak};
use std::time::Instant;

const THOUSAND: usize = 1_000;
const HUNDRED_THOUSAND: usize = 100_000;
const MILLION: usize = 1_000_000;
const ASKED: usize = MILLION;

#[repr(C)]
struct Timespec {
    seconds: i64,
    nanoseconds: i64,
}

extern "C" {
    fn clock_gettime(clock: i32, time: *mut Timespec) -> i32;
}

fn clock(clock: i32) -> f64 {
    let mut time = Timespec { seconds: 0, nanoseconds: 0 };
    unsafe { clock_gettime(clock, &mut time) };
    time.seconds as f64 * 1e9 + time.nanoseconds as f64
}

// CPU time of the process, and of the thread.
fn now() -> f64 {
    clock(2)
}

fn thread_now() -> f64 {
    clock(3)
}

fn timed(work: impl FnOnce()) -> f64 {
    let start = now();
    work();
    now() - start
}

fn peer() -> String {
    env::args().nth(1).unwrap_or("rust-rc".to_string())
}

fn variable(name: &str, otherwise: f64) -> f64 {
    env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(otherwise)
}

fn repetitions() -> usize {
    variable("BENCH_REPETITIONS", 9.0) as usize
}

fn print(workload: &str, param: &str, unit: &str, samples: &[f64]) {
    print!("{}\t{workload}\t{param}\t{unit}", peer());
    for sample in samples {
        print!("\t{sample:.4}");
    }
    println!();
}

fn run(workload: &str, param: &str, operations: usize,
    mut measure: impl FnMut() -> f64)
{
    let enough = variable("BENCH_MILLISECONDS", 300.0);
    let mut samples = Vec::new();
    measure();
    let start = Instant::now();
    while samples.len() < repetitions() && (samples.len() < 3
        || start.elapsed().as_secs_f64() * 1e3 < enough) {
        samples.push(measure() / operations as f64);
    }
    print(workload, param, "ns", &samples);
}

fn resident() -> f64 {
    let map = std::fs::read_to_string("/proc/self/smaps_rollup").unwrap();
    let line = map.lines().find(|line| line.starts_with("Rss:")).unwrap();
    let kilobytes = line.split_whitespace().nth(1).unwrap();
    kilobytes.parse::<f64>().unwrap() * 1024.0
}

struct Random(u64);

impl Random {
    fn below(&mut self, count: usize) -> usize {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        (self.0 % count as u64) as usize
    }
}

// Different questions, few enough to stay in the caches if the table does.
fn asked(count: usize) -> usize {
    if count >= MILLION { MILLION } else { HUNDRED_THOUSAND }
}

// ASKED of them, one after the other.
fn for_all_asked<T>(questions: &[T], mut ask: impl FnMut(&T)) {
    for _ in 0..ASKED / questions.len() {
        questions.iter().for_each(&mut ask);
    }
}

// What is asked for, and the order in which objects are replaced.
fn choose(count: usize) -> (Vec<usize>, Vec<usize>) {
    let mut random = Random(88172645463325252);
    let mut order: Vec<usize> = (0..count).collect();
    for i in (1..count).rev() {
        let other = random.below(i + 1);
        order.swap(i, other);
    }
    ((0..asked(count)).map(|_| random.below(count)).collect(), order)
}

fn number_of(i: usize) -> u64 {
    ((i as u32).wrapping_mul(2654435761) & 0x3fffffff) as u64
}

// "1e5".
fn size_name(count: usize) -> String {
    format!("1e{}", count.ilog10())
}

// ---------------------------------------------------------------------------
// Hashes and keys

#[derive(Default)]
struct Quick(u64);

impl Quick {
    fn add(&mut self, word: u64) {
        let wide = (self.0 ^ word) as u128 * 0x9e3779b97f4a7c15;
        self.0 = wide as u64 ^ (wide >> 64) as u64;
    }
}

impl Hasher for Quick {
    fn write(&mut self, bytes: &[u8]) {
        let word_at = |at: usize| {
            let mut word = [0; 8];
            word.copy_from_slice(&bytes[at..at + 8]);
            u64::from_le_bytes(word)
        };
        let mut at = 0;
        while at + 8 <= bytes.len() {
            self.add(word_at(at));
            at += 8;
        }
        if at == bytes.len() {
            return;
        }
        if at > 0 {
            return self.add(word_at(bytes.len() - 8));
        }
        for &byte in bytes {
            self.add(byte as u64);
        }
    }
    fn write_u8(&mut self, word: u8) {
        self.0 ^= word as u64 // what ends a text
    }
    fn write_u64(&mut self, word: u64) {
        self.add(word)
    }
    fn write_usize(&mut self, word: usize) {
        self.add(word as u64)
    }
    fn finish(&self) -> u64 {
        self.0
    }
}

type QuickState = BuildHasherDefault<Quick>;

#[allow(dead_code)]
struct Node {
    left: Option<Rc<Node>>,
    right: Option<Rc<Node>>,
}

fn node() -> Rc<Node> {
    Rc::new(Node { left: None, right: None })
}

// An object as a key: by its address.
#[derive(Clone)]
struct Object(Rc<Node>);

impl PartialEq for Object {
    fn eq(&self, other: &Object) -> bool {
        Rc::ptr_eq(&self.0, &other.0)
    }
}

impl Eq for Object {}

impl Hash for Object {
    fn hash<H: Hasher>(&self, hasher: &mut H) {
        hasher.write_usize(Rc::as_ptr(&self.0) as usize)
    }
}

trait Key: Hash + Eq + Clone {
    const NAME: &'static str;
    fn new(i: usize) -> Self;
    fn probe(&self) -> Self;
}

impl Key for u64 {
    const NAME: &'static str = "int";
    fn new(i: usize) -> u64 {
        number_of(i)
    }
    fn probe(&self) -> u64 {
        *self
    }
}

impl Key for String {
    const NAME: &'static str = "str";
    fn new(i: usize) -> String {
        format!("key:{:08x}", number_of(i))
    }
    fn probe(&self) -> String {
        self.clone()
    }
}

impl Key for Object {
    const NAME: &'static str = "obj";
    fn new(_: usize) -> Object {
        Object(node())
    }
    fn probe(&self) -> Object {
        self.clone()
    }
}

// ---------------------------------------------------------------------------
// W9: values are watched

type Values<K, S> = Rc<RefCell<HashMap<K, Weak<Value<K, S>>, S>>>;

#[allow(dead_code)]
struct Value<K: Key, S: BuildHasher> {
    left: Option<Rc<Node>>,
    right: Option<Rc<Node>>,
    key: K,
    map: Values<K, S>,
}

impl<K: Key, S: BuildHasher> Drop for Value<K, S> {
    fn drop(&mut self) {
        self.map.borrow_mut().remove(&self.key);
    }
}

fn put<K: Key, S: BuildHasher>(map: &Values<K, S>, key: &K)
    -> Rc<Value<K, S>>
{
    let value = Rc::new(Value { left: None, right: None, key: key.clone(),
        map: map.clone() });
    map.borrow_mut().insert(key.clone(), Rc::downgrade(&value));
    value
}

fn get<K: Key, S: BuildHasher>(map: &Values<K, S>, key: &K)
    -> Option<Rc<Value<K, S>>>
{
    map.borrow().get(key).and_then(|found| found.upgrade())
}

fn values<K: Key, S: BuildHasher + Default>(workload: &str, count: usize) {
    let map: Values<K, S> = Rc::new(RefCell::new(HashMap::default()));
    let keys: Vec<K> = (0..2 * count).map(K::new).collect();
    let mut objects: Vec<_> = keys[..count].iter()
        .map(|key| Some(put(&map, key))).collect();
    let (chosen, order) = choose(count);
    let there: Vec<K> = chosen.iter().map(|&i| keys[i].probe()).collect();
    let absent: Vec<K> = chosen.iter().map(|&i| keys[i + count].probe())
        .collect();
    let address = |object: &Rc<Value<K, S>>| Rc::as_ptr(object) as usize;
    let expected = chosen.iter().fold(0usize, |sum, &i|
        sum.wrapping_add(address(objects[i].as_ref().unwrap())))
        .wrapping_mul(ASKED / chosen.len());
    let name = |what| format!("{what}_{}_{}", K::NAME, size_name(count));
    run(workload, &name("hit"), ASKED, || {
        let mut sum = 0usize;
        let ns = timed(|| for_all_asked(&there, |key| {
            if let Some(object) = get(&map, key) {
                sum = sum.wrapping_add(address(black_box(&object)));
            }
        }));
        assert!(sum == expected);
        ns
    });
    if workload != "W9_weakvalue" {
        return;
    }
    run(workload, &name("miss"), ASKED, || {
        let mut missed = 0;
        let ns = timed(|| for_all_asked(&absent, |key| {
            missed += black_box(get(&map, key)).is_none() as usize;
        }));
        assert!(missed == ASKED);
        ns
    });
    if count != HUNDRED_THOUSAND {
        return;
    }
    run(workload, &format!("churn_{}", K::NAME), count, || {
        let ns = timed(|| for key in &keys[count..] {
            black_box(put(&map, key));
        });
        assert!(map.borrow().len() == count);
        ns
    });
    let mut next = &keys[count..];
    let mut other = &keys[..count];
    run(workload, &format!("replace_{}", K::NAME), count, || {
        let ns = timed(|| for &i in &order {
            objects[i] = None;
            objects[i] = Some(put(&map, &next[i]));
        });
        assert!(map.borrow().len() == count);
        std::mem::swap(&mut next, &mut other);
        ns
    });
    objects.clear();
    assert!(map.borrow().is_empty());
}

// ---------------------------------------------------------------------------
// W10: keys are watched, by address

type Numbers<S> = Rc<RefCell<HashMap<usize, u64, S>>>;

#[allow(dead_code)]
struct Watched<S: BuildHasher> {
    left: Option<Rc<Node>>,
    right: Option<Rc<Node>>,
    map: Numbers<S>,
}

impl<S: BuildHasher> Drop for Watched<S> {
    fn drop(&mut self) {
        let address = self as *const Watched<S> as usize;
        self.map.borrow_mut().remove(&address);
    }
}

fn watched<S: BuildHasher>(map: &Numbers<S>) -> Rc<Watched<S>> {
    Rc::new(Watched { left: None, right: None, map: map.clone() })
}

fn put_number<S: BuildHasher>(key: &Rc<Watched<S>>, number: u64) {
    key.map.borrow_mut().insert(Rc::as_ptr(key) as usize, number);
}

fn keys<S: BuildHasher + Default>(count: usize) {
    let map: Numbers<S> = Rc::new(RefCell::new(HashMap::default()));
    let mut objects: Vec<_> = (0..count).map(|_| watched(&map)).collect();
    for (i, key) in objects.iter().enumerate() {
        put_number(key, i as u64 + 1);
    }
    let (chosen, _) = choose(count);
    let there: Vec<_> = chosen.iter().map(|&i| objects[i].clone()).collect();
    let expected = chosen.iter().map(|&i| i as u64 + 1).sum::<u64>()
        * (ASKED / chosen.len()) as u64;
    run("W10_weakkey", &format!("hit_{}", size_name(count)), ASKED, || {
        let mut sum = 0;
        let ns = timed(|| for_all_asked(&there, |key| {
            sum += black_box(map.borrow().get(&(Rc::as_ptr(key) as usize))
                .copied().unwrap_or(0));
        }));
        assert!(sum == expected);
        ns
    });
    if count == HUNDRED_THOUSAND {
        run("W10_weakkey", "churn", count, || {
            let ns = timed(|| for i in 0..count {
                let key = watched(&map);
                put_number(&key, i as u64 + 1);
                black_box(&key);
            });
            assert!(map.borrow().len() == count);
            ns
        });
    }
    drop(there);
    objects.clear();
    assert!(map.borrow().is_empty());
}

// ---------------------------------------------------------------------------
// W11: members are watched, by address

type Members<S> = Rc<RefCell<HashMap<usize, Weak<Member<S>>, S>>>;

#[allow(dead_code)]
struct Member<S: BuildHasher> {
    left: Option<Rc<Node>>,
    right: Option<Rc<Node>>,
    set: Members<S>,
}

impl<S: BuildHasher> Drop for Member<S> {
    fn drop(&mut self) {
        let address = self as *const Member<S> as usize;
        self.set.borrow_mut().remove(&address);
    }
}

fn members<S: BuildHasher + Default>(set: &Members<S>, count: usize)
    -> Vec<Rc<Member<S>>>
{
    (0..count).map(|_| Rc::new(Member { left: None, right: None,
        set: set.clone() })).collect()
}

fn add<S: BuildHasher>(object: &Rc<Member<S>>) {
    object.set.borrow_mut().insert(Rc::as_ptr(object) as usize,
        Rc::downgrade(object));
}

fn set<S: BuildHasher + Default>(count: usize) {
    let set: Members<S> = Rc::new(RefCell::new(HashMap::default()));
    let mut objects = members(&set, count);
    let (chosen, order) = choose(count);
    let make = || {
        *set.borrow_mut() = HashMap::default();
        let ns = timed(|| for &i in &order {
            add(&objects[i]);
        });
        assert!(set.borrow().len() == count);
        ns
    };
    make();
    let there: Vec<_> = chosen.iter().map(|&i| objects[i].clone()).collect();
    let name = |what| format!("{what}_{}", size_name(count));
    run("W11_weakset", &name("contains"), ASKED, || {
        let mut found = 0;
        let ns = timed(|| for_all_asked(&there, |object| {
            let address = Rc::as_ptr(object) as usize;
            found += black_box(set.borrow().contains_key(&address)) as usize;
        }));
        assert!(found == ASKED);
        ns
    });
    if count == HUNDRED_THOUSAND {
        run("W11_weakset", &name("iterate"), count, || {
            let mut seen = 0;
            let ns = timed(|| for member in set.borrow().values() {
                seen += black_box(member.upgrade()).is_some() as usize;
            });
            assert!(seen == count);
            ns
        });
        run("W11_weakset", &name("add"), count, make);
    }
    drop(there);
    objects.clear();
    assert!(set.borrow().is_empty());
}

// ---------------------------------------------------------------------------
// W20: bytes an entry; W21: a map grows to a million

// What an object has only to be found counts, too: it takes more than a node.
fn weigh_values<K: Key, S: BuildHasher + Default>() {
    let count = MILLION;
    let mut plain: Vec<Option<Rc<Node>>> = vec![None; count];
    let mut start = resident();
    for place in plain.iter_mut() {
        *place = Some(node());
    }
    let bare = resident() - start;
    let keys: Vec<K> = (0..count).map(K::new).collect();
    let map: Values<K, S> = Rc::new(RefCell::new(HashMap::default()));
    let mut objects = Vec::with_capacity(count);
    for _ in 0..count {
        objects.push(None);
    }
    start = resident();
    for i in 0..count {
        objects[i] = Some(put(&map, &keys[i]));
    }
    print("W20_weakmemory", &format!("value_{}", K::NAME), "B",
        &[(resident() - start - bare) / count as f64]);
    black_box((objects, plain));
}

fn weigh_keys<S: BuildHasher + Default>() {
    let map: Numbers<S> = Rc::new(RefCell::new(HashMap::default()));
    let objects: Vec<_> = (0..MILLION).map(|_| watched(&map)).collect();
    let start = resident();
    for key in &objects {
        put_number(key, 1);
    }
    print("W20_weakmemory", "key", "B", &[(resident() - start)
        / MILLION as f64]);
}

fn weigh_set<S: BuildHasher + Default>() {
    let set: Members<S> = Rc::new(RefCell::new(HashMap::default()));
    let objects = members(&set, MILLION);
    let start = resident();
    for object in &objects {
        add(object);
    }
    print("W20_weakmemory", "set", "B", &[(resident() - start)
        / MILLION as f64]);
}

// `renew` gives what is to be put, in a new map.
fn grow<T>(name: &str, mut renew: impl FnMut() -> Vec<T>,
    mut put: impl FnMut(&T))
{
    let most = repetitions().min(5);
    let mut longest = vec![0f64; most];
    let mut each = vec![0f64; most];
    for i in 0..most {
        for one in &renew() {
            let start = thread_now();
            put(one);
            longest[i] = longest[i].max((thread_now() - start) / 1e3);
        }
        let objects = renew();
        each[i] = timed(|| objects.iter().for_each(&mut put)) / MILLION as f64;
    }
    print("W21_weakgrowth", &format!("{name}_longest"), "us", &longest);
    print("W21_weakgrowth", &format!("{name}_put"), "ns", &each);
}

// The objects are there, and put only into the map; they stay in no other.
fn grow_values<S: BuildHasher + Default>() {
    let map: Values<u64, S> = Rc::new(RefCell::new(HashMap::default()));
    grow("value", || {
        let made = (0..MILLION).map(|i| Rc::new(Value { left: None,
            right: None, key: number_of(i), map: map.clone() })).collect();
        *map.borrow_mut() = HashMap::default();
        made
    }, |value| {
        map.borrow_mut().insert(value.key, Rc::downgrade(value));
    });
}

fn grow_keys<S: BuildHasher + Default>() {
    let map: Numbers<S> = Rc::new(RefCell::new(HashMap::default()));
    grow("key", || {
        let made = (0..MILLION).map(|_| watched(&map)).collect();
        *map.borrow_mut() = HashMap::default();
        made
    }, |key| put_number(key, 1));
}

// ---------------------------------------------------------------------------

// Each in a process of its own, which is told so by two more arguments.
fn apart(workload: &str, work: &str) {
    let done = Command::new(env::current_exe().unwrap())
        .args([&peer(), workload, work]).status().unwrap();
    assert!(done.success());
}

fn work<S: BuildHasher + Default>(name: &str) {
    let (what, size) = name.split_once(' ').unwrap_or((name, ""));
    let count = size.parse().unwrap_or(0);
    match what {
        "int" => values::<u64, S>("W9_weakvalue", count),
        "str" => values::<String, S>("W9_weakvalue", count),
        "obj" => values::<Object, S>("W9_weakvalue", count),
        "growth" => values::<u64, S>("W23_growth", count),
        "key" => keys::<S>(count),
        "set" => set::<S>(count),
        "weigh-int" => weigh_values::<u64, S>(),
        "weigh-str" => weigh_values::<String, S>(),
        "weigh-key" => weigh_keys::<S>(),
        "weigh-set" => weigh_set::<S>(),
        "grow-value" => grow_values::<S>(),
        "grow-key" => grow_keys::<S>(),
        _ => panic!("{name}: no such work"),
    }
}

fn main() {
    let arguments: Vec<String> = env::args().collect();
    if let Some(name) = arguments.get(3).filter(|name|
        !name.starts_with('W')) {
        if peer() == "rust-sip" {
            work::<RandomState>(name);
        } else {
            work::<QuickState>(name);
        }
        return;
    }
    let wanted = &arguments[arguments.len().min(2)..];
    let plan = [("W9", "int"), ("W9", "str"), ("W9", "obj"), ("W10", "key"),
        ("W11", "set"), ("W20", "weigh-int"), ("W20", "weigh-str"),
        ("W20", "weigh-key"), ("W20", "weigh-set"), ("W21", "grow-value"),
        ("W21", "grow-key"), ("W23", "growth")];
    let large = variable("BENCH_LARGE", 1.0) != 0.0;
    for (workload, name) in plan {
        if !wanted.is_empty() && !wanted.iter().any(|one| one == workload) {
            continue;
        }
        if name.contains('-') {
            apart(workload, name);
            continue;
        }
        let sizes: &[usize] = match (name, large) {
            ("growth", false) => &[THOUSAND, 10 * THOUSAND, HUNDRED_THOUSAND,
                MILLION],
            ("growth", true) => &[THOUSAND, 10 * THOUSAND, HUNDRED_THOUSAND,
                MILLION, 10 * MILLION],
            _ => &[THOUSAND, HUNDRED_THOUSAND, MILLION],
        };
        for count in sizes {
            apart(workload, &format!("{name} {count}"));
        }
    }
}
