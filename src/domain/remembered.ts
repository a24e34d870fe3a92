/**
 * A pure function that remembers what it last said of each object, and says it again for as long as all else that it is given is the
 * same. For objects that never change. What is remembered of an object goes with it.
 */
export function remembered<About extends object, Given extends object, Said>(
  compute: (about: About, given: Given) => Said,
): (about: About, given: Given) => Said {
  const known = new WeakMap<About, { readonly given: Given; readonly said: Said }>();
  return (about, given) => {
    const last = known.get(about);
    if (last && isSame(last.given, given)) return last.said;
    const said = compute(about, given);
    known.set(about, { given, said });
    return said;
  };
}

/** The values themselves, not what is in them: that is quick. Both have the same keys. */
function isSame<Given extends object>(a: Given, b: Given): boolean {
  for (const key in b) if (!Object.is(a[key], b[key])) return false;
  return true;
}
