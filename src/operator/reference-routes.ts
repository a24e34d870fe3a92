/**
 * `/api/openapi.json` and `/api/reference`: what the service answers, for programs and for people. Open to anybody: both are the same for
 * every installation of this version but for its own address, and a browser that follows a link sends no token.
 */
import type { Router } from 'express';
import express from 'express';
import { type Documented, type OpenApiDocument, openApiDocument } from './openapi';
import { publicRoutes } from './public-routes';
import { referencePage } from './reference-page';
import { referenceStyles } from './reference-styles';

export type ReferenceDeps = Pick<Documented, 'routes' | 'url'>;

/** To be mounted at `/api`, before its guard. Document and page are made when they are first asked for. */
export function createReferenceRouter({ routes, url }: ReferenceDeps): Router {
  const router = express.Router();
  let made: OpenApiDocument | null = null;
  const document = (): OpenApiDocument => (made ??= openApiDocument({ routes, publicRoutes, url }));
  let page: string | null = null;

  router.get('/openapi.json', (_req, res) => {
    res.set('Cache-Control', cached).json(document());
  });
  router.get('/reference', (_req, res) => {
    res
      .set('Cache-Control', cached)
      .set('Content-Security-Policy', policy)
      .type('html')
      .send((page ??= referencePage(document())));
  });
  router.get('/reference.css', (_req, res) => {
    res.set('Cache-Control', cached).type('css').send(referenceStyles);
  });
  return router;
}

/** An upgrade may change it at any time. */
const cached = 'no-cache';

/** The page has a style sheet and nothing else. */
const policy = "default-src 'none'; style-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";
