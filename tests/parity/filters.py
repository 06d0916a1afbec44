# SPDX-License-Identifier: MIT
"""What programs use, and programs made out of others, without what only one
order of collecting can answer."""

CONTAINERS = frozenset("""
    wvd wkd dput dget dgetd din ddel dpop dpopd dpopitem dsetdef dlen dkeys
    dvals ditems drefs dclear dupdate dior dcopy ddeep dor deq iter next
    wset sadd sin sdisc srem spop slen slist sclear scopy supdate sunion
    sinter sdiff ssym sior siand sisub sixor sle slt sge sgt sdisj seq
    """.split())


def edit(text, change):
    """The program with every operation and action, as a list of words, put
    through `change`, which gives the new words or None."""
    lines = []
    for line in text.splitlines():
        words = line.split()
        if not words or words[0] in ('#', 'mode'):
            lines.append(line)
        elif words[0] in ('ondel', 'oncall'):
            head, _, tail = line.partition(' :')
            acts = [change(a.split()) for a in tail.split(' ; ') if a.strip()]
            acts = ' ; '.join(' '.join(a) for a in acts if a)
            lines.append('%s : %s' % (head, acts) if acts else head + ' :')
        else:
            words = change(words)
            if words:
                lines.append(' '.join(words))
    return '\n'.join(lines) + '\n'


def uses_containers(text):
    found = []
    edit(text, lambda words: found.append(words[0] in CONTAINERS))
    return any(found)


def in_full(text):
    """The program with full collections only: a plain heap has two ages, and
    looks at old things by what was let go, where CPython has three lists."""
    return edit(text, lambda words: words[:1] if words[0] == 'gc' else words)
