/** Leaves out what is absent: TikTok is sent neither `undefined`, nor null, nor empty strings. */
export function compact<T extends object>(fields: T): Compact<T> {
  const present = Object.entries(fields).filter(([, value]) => value !== undefined && value !== null && value !== '');
  return Object.fromEntries(present) as Compact<T>; // the same keys, less those that had no value
}

type Absent = undefined | null;

type Compact<T> = { -readonly [K in keyof T as T[K] & Absent extends never ? K : never]: T[K] } & {
  -readonly [K in keyof T as T[K] & Absent extends never ? never : K]?: Exclude<T[K], Absent>;
};
