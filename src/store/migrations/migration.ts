/** One step of the schema. A step that has been released is never changed; a change is a new step. */
export interface Migration {
  /** 1, 2, 3 … without gaps. */
  readonly id: number;
  readonly name: string;
  /** One SQL statement each. They run in one transaction with every other step that is still to do. */
  readonly statements: readonly string[];
}
