/**
 * A route of the JSON API as data: its path, what it takes, what it answers, who may call it. The router is mounted from it, the OpenAPI
 * document is made from it, so neither can say what the other does not.
 */
import type { Request, Response, Router } from 'express';
import express from 'express';
import type { z } from 'zod';
import { Problem } from '../http/problem';
import { integrationOf, jsonBody, pathPart, readBody, readQuery } from './request';

/** `viewer` looks; `operator` changes, too. */
export type Role = 'viewer' | 'operator';

/** Who calls: set by the guard in front of the API (`setOperator`). */
export interface Operator {
  /** Named in records and in the audit. */
  readonly name: string;
  readonly role: Role;
  /** True where the secret says who it is: a token that has a name, or a proxy. Else the name is what somebody gave as theirs. */
  readonly isNamed?: boolean;
}

/** Who stands in the records: who has a name keeps it, and another that a call gives is added to it. */
export function byOf({ name, isNamed }: Operator, given: string | undefined): string {
  if (given === undefined || given === name) return name;
  return isNamed ? `${name} (${given})` : given;
}

export interface Route<Query = unknown, Body = unknown> {
  readonly method: 'get' | 'post' | 'patch' | 'delete';
  /** As OpenAPI writes it: `/purchases/{psp}/{moneyId}`. */
  readonly path: string;
  /** The heading under which the reference lists it. */
  readonly tag: string;
  readonly summary: string;
  /** Markdown; what the summary does not say. */
  readonly description?: string;
  /** Default: `operator` for whatever is not a GET. */
  readonly role?: Role;
  /** False for what concerns the service as a whole: it takes no `?integration=`. Default: true. */
  readonly perIntegration?: boolean;
  readonly query?: z.ZodType<Query>;
  /** Checked with `readBody`: 422 with each field. */
  readonly body?: z.ZodType<Body>;
  /** What OpenAPI shows of the body, where it is checked elsewhere (a merge patch). */
  readonly bodyShown?: z.ZodType;
  /** A body that `handle` reads from `req` as it comes, where it is no JSON. */
  readonly stream?: { readonly media: string; readonly schema: z.ZodType };
  /** The successful answers by status: a schema, or the other media types that it has. */
  readonly answers: Readonly<Record<number, RouteAnswer>>;
  /** The problems it may answer beside 400, 401, 403, 429 and 503. */
  readonly problems?: readonly (404 | 409 | 413 | 415 | 422)[];
  /** Returns the body of the answer; `reply` sets its status, or another media type. */
  handle(call: RouteCall<Query, Body>): Promise<unknown>;
}

export interface RouteAnswer {
  readonly description: string;
  readonly schema?: z.ZodType;
  /** Other media types, for example `text/csv`. */
  readonly media?: readonly string[];
}

export interface RouteCall<Query = unknown, Body = unknown> {
  readonly integration: string;
  readonly operator: Operator;
  /** A part of the path. */
  readonly part: (name: string) => string;
  readonly query: Query;
  readonly body: Body;
  readonly req: Request;
  readonly res: Response;
}

/** Keeps the types of query and body together with their schemas. */
export function defineRoute<Query = undefined, Body = undefined>(route: Route<Query, Body>): Route {
  return route; // `handle` gets what its own schemas have read
}

/** Mounts the routes. A handler that returns undefined has answered by itself. */
export function mountRoutes(routes: readonly Route[], integrations: readonly string[]): Router {
  const router = express.Router();
  for (const route of routes) {
    const path = route.path.replace(/\{(\w+)\}/g, ':$1');
    const takesBody = route.body !== undefined || route.bodyShown !== undefined;
    router[route.method](path, ...(takesBody ? [jsonBody] : []), async (req, res) => {
      const operator = operatorOf(res);
      if ((route.role ?? defaultRole(route)) === 'operator' && operator.role !== 'operator') throw forbidden();
      const answer = await route.handle({
        integration: route.perIntegration === false ? '' : integrationOf(req, integrations),
        operator,
        part: (name) => pathPart(req, name),
        query: route.query ? readQuery(req, route.query) : undefined,
        body: route.body ? readBody(req, route.body) : (req.body as unknown),
        ...{ req, res },
      });
      if (answer === undefined || res.headersSent) return;
      const [status = '200'] = Object.keys(route.answers);
      if (res.statusCode === 200) res.status(Number(status));
      res.json(answer);
    });
  }
  return router;
}

/** Said by the guard that let the request in. */
export function setOperator(res: Response, operator: Operator): void {
  res.locals['operator'] = operator;
}

/** @throws Error when no guard stands in front of the route, which is a bug. */
export function operatorOf(res: Response): Operator {
  const operator = res.locals['operator'] as Operator | undefined; // set by `setOperator` alone
  if (!operator) throw new Error('no guard has said who calls');
  return operator;
}

export function defaultRole({ method }: Pick<Route, 'method'>): Role {
  return method === 'get' ? 'viewer' : 'operator';
}

function forbidden(): Problem {
  return new Problem(403, 'Forbidden', { detail: 'viewers may look, and change nothing' });
}
