/** Leaves out undefined, null and empty texts, none of which TikTok may be sent. */
export function withoutBlanks<T extends object>(fields: T): WithoutBlanks<T> {
  const stated: Record<string, unknown> = {};
  for (const [name, value] of Object.entries(fields))
    if (value !== undefined && value !== null && value !== '') stated[name] = value;
  return stated as WithoutBlanks<T>; // the same fields, less those that had no value
}

type Blank = undefined | null;

type WithoutBlanks<T> = { -readonly [K in keyof T as T[K] & Blank extends never ? K : never]: T[K] } & {
  -readonly [K in keyof T as T[K] & Blank extends never ? never : K]?: Exclude<T[K], Blank>;
};
