/** `/_sandbox/`: what pages and the service sent, as it arrives, and what TikTok makes of it. */
import { Router } from 'express';
import { livePage, liveScript, liveStyle } from './live-page';

export function createLiveViewRouter(): Router {
  const router = Router({ strict: true });
  router.get('/_sandbox', (req, res) => res.redirect(`${req.baseUrl}/_sandbox/`));
  router.get('/_sandbox/', (_req, res) => {
    // Its own, so that it also works where the app around it asks for https.
    res.set(
      'Content-Security-Policy',
      "default-src 'none'; script-src 'self'; style-src 'self'; connect-src 'self'; img-src data:",
    );
    res.type('html').send(livePage);
  });
  router.get('/_sandbox/live.css', (_req, res) => void res.type('css').send(liveStyle));
  router.get('/_sandbox/live.js', (_req, res) => void res.type('text/javascript').send(liveScript));
  return router;
}
