/** `/_sandbox/`: a page with the events as they arrive, and their fates. */
import { Router } from 'express';
import { pageFile } from './page-file';

const page = pageFile('live.html');
const style = pageFile('live.css');
const script = pageFile('live.js');

/** The page and, beside it, its style and its script. */
export function createLiveViewRouter(): Router {
  const router = Router({ strict: true });
  router.get('/_sandbox', (req, res) => res.redirect(`${req.baseUrl}/_sandbox/`));
  router.get('/_sandbox/', (_req, res) => {
    // A policy of its own: the app's policy asks for https, which a sandbox on this machine does not have.
    res.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
    );
    res.type('html').send(page);
  });
  router.get('/_sandbox/live.css', (_req, res) => void res.type('css').send(style));
  router.get('/_sandbox/live.js', (_req, res) => void res.type('text/javascript').send(script));
  return router;
}
