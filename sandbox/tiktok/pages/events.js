/**
 * The sandbox's copy of TikTok's `events.js`, as far as TikTok documents it: calls that the page's stub queued are replayed, later
 * calls act at once. Nothing that it sends leaves the sandbox. ES5, as browsers get it as it is.
 * https://business-api.tiktok.com/portal/docs?id=1739585702922241
 */
(function () {
  'use strict';

  /**
   * @typedef {[method: string, ...args: any[]]} Call
   * @typedef {Call[] & { _live?: true, _page?: SharedState, _i: Record<string, Queue>, _o?: Record<string, { limited_data_use?: boolean }>, [method: string]: any }} Queue
   * @typedef {{ code: string, started: () => void, call: (entry: Call) => void }} Pixel
   * @typedef {{ pixels: Pixel[], history: Call[], ready: (callback: unknown) => void }} SharedState
   * @typedef {Record<string, any>} Fields
   */

  var address = new URL(/** @type {HTMLScriptElement} */ (document.currentScript).src);
  var code = address.searchParams.get('sdkid') || '';
  var actUrl = address.href.split('/i18n/pixel/')[0] + '/api/v2/pixel/act';
  var monthsOf13 = 390 * 24 * 3600; // in seconds

  // A queue in another shape (such as Facebook's) is lost in silence, as it is with the real one.
  var globals = /** @type {Record<string, any>} */ (/** @type {unknown} */ (window));
  /** @type {Queue} */
  var queue = globals[globals.TiktokAnalyticsObject];
  var found = queue && queue._i && queue._i[code];
  if (!Array.isArray(queue) || !Array.isArray(found) || found._live) return;
  var own = found;

  var methods = [
    'page',
    'track',
    'identify',
    'instances',
    'debug',
    'on',
    'off',
    'once',
    'ready',
    'alias',
    'group',
    'enableCookie',
    'disableCookie',
    'holdConsent',
    'revokeConsent',
    'grantConsent',
  ];

  /** Shared by all pixels of the page; the first script makes it. */
  var page = queue._page || takeOver();

  // --- one pixel -----------------------------------------------------------------------------------------------------------------

  function createPixel() {
    var options = (queue._o && queue._o[code]) || {};
    /** @type {Fields} */
    var identity = {};
    /** @type {Fields[]} */
    var held = [];
    var cookiesOn = true;
    /** 'unset', 'held', 'granted' or 'revoked'. */
    var consent = 'unset';

    function mayKeepCookies() {
      return cookiesOn && consent !== 'held' && consent !== 'revoked';
    }

    /** The first-party cookies: a visitor's id, and the click that brought him here. */
    function keepCookies() {
      if (!mayKeepCookies()) return;
      if (!readCookie('_ttp')) writeCookie('_ttp', randomText(27));
      var click = clickInUrl();
      if (click && readCookie('ttclid') !== click) writeCookie('ttclid', click);
    }

    /** @param {Fields} event */
    function send(event) {
      keepCookies();
      var body = Object.assign({}, event, {
        ttclid: event.ttclid || (mayKeepCookies() ? readCookie('ttclid') : null),
        ttp: mayKeepCookies() ? readCookie('_ttp') : null,
        consent: consent,
      });
      post(JSON.stringify(body));
    }

    /**
     * @param {string} name
     * @param {Fields} [properties]
     * @param {string} [eventId]
     */
    function happened(name, properties, eventId) {
      var event = {
        pixelCode: code,
        event: name,
        event_id: eventId === undefined ? null : eventId,
        properties: properties || {},
        user: Object.assign({}, identity),
        ttclid: clickInUrl(),
        url: location.href,
        referrer: document.referrer,
        limited_data_use: options.limited_data_use === true,
        at: Date.now(),
      };
      if (consent === 'held') held.push(event);
      else if (consent !== 'revoked') send(event);
    }

    /** @type {Record<string, (...args: any[]) => void>} */
    var calls = {
      page: function () {
        happened('Pageview');
      },
      track: function (name, properties, more) {
        if (more && more.pixel_code && more.pixel_code !== code) return;
        happened(name, properties, more ? more.event_id : undefined);
      },
      identify: function (user) {
        Object.assign(identity, user);
      },
      enableCookie: function () {
        cookiesOn = true;
        keepCookies();
      },
      disableCookie: function () {
        cookiesOn = false;
      },
      holdConsent: function () {
        consent = 'held';
      },
      grantConsent: function () {
        consent = 'granted';
        keepCookies();
        held.splice(0).forEach(send);
      },
      revokeConsent: function () {
        consent = 'revoked';
        held = [];
      },
    };

    return {
      code: code,
      started: keepCookies,
      /** @param {Call} entry */
      call: function (entry) {
        var does = Object.prototype.hasOwnProperty.call(calls, entry[0]) && calls[entry[0]];
        if (does) does.apply(null, entry.slice(1));
      },
    };
  }

  // --- the queue -----------------------------------------------------------------------------------------------------------------

  function takeOver() {
    /** @type {SharedState} */
    var shared = {
      pixels: [],
      /** Every call to all pixels, for a pixel whose script comes later. */
      history: [],
      ready: function (callback) {
        try {
          if (typeof callback === 'function') callback();
        } catch (error) {
          setTimeout(function () {
            throw error;
          });
        }
      },
    };
    Object.defineProperty(queue, '_page', { value: shared });
    return shared;
  }

  /** @param {Call} entry */
  function callAll(entry) {
    var call = asCall(entry);
    page.history.push(call);
    if (call[0] === 'ready') page.ready(call[1]);
    page.pixels.forEach(function (pixel) {
      pixel.call(call);
    });
  }

  /**
   * The stub pushes `arguments`, which is no array.
   * @param {ArrayLike<any>} entry
   */
  function asCall(entry) {
    return /** @type {Call} */ (Array.prototype.slice.call(entry));
  }

  /**
   * Empties the queue; from now on a pushed or called method acts at once.
   * @param {Queue} target
   * @param {(entry: Call) => void} happens
   */
  function goLive(target, happens) {
    var waiting = target.splice(0);
    Object.defineProperty(target, '_live', { value: true });
    target.push = function () {
      for (var index = 0; index < arguments.length; index += 1) happens(arguments[index]);
      return 0;
    };
    methods.forEach(function (method) {
      target[method] = function () {
        happens(/** @type {Call} */ ([method].concat(Array.prototype.slice.call(arguments))));
      };
    });
    return waiting;
  }

  /** @param {Pixel} one */
  function isStarted(one) {
    return one.code === code;
  }
  if (page.pixels.some(isStarted)) return; // loaded twice

  var pixel = createPixel();
  page.history.forEach(pixel.call);
  page.pixels.push(pixel);

  if (!queue._live) {
    var waiting = goLive(queue, callAll);
    queue.instances = function () {
      return page.pixels.map(function (one) {
        return one.code;
      });
    };
    /** @param {string} id */
    queue.instance = function (id) {
      if (queue._i[id]) return queue._i[id];
      var nowhere = /** @type {Queue} */ (/** @type {unknown} */ ([]));
      goLive(nowhere, function () {});
      return nowhere;
    };
    waiting.forEach(callAll);
  }
  goLive(own, function (entry) {
    if (entry[0] === 'ready') page.ready(entry[1]);
    pixel.call(asCall(entry));
  }).forEach(function (entry) {
    own.push(entry);
  });
  pixel.started();

  // --- the browser ---------------------------------------------------------------------------------------------------------------

  /** @param {string} body */
  function post(body) {
    if (navigator.sendBeacon && navigator.sendBeacon(actUrl, body)) return;
    fetch(actUrl, { method: 'POST', body: body, mode: 'no-cors', keepalive: true }).catch(function () {});
  }

  function clickInUrl() {
    return new URL(location.href).searchParams.get('ttclid');
  }

  /** @param {string} name */
  function readCookie(name) {
    var found = document.cookie.split('; ').filter(function (pair) {
      return pair.indexOf(name + '=') === 0;
    })[0];
    return found ? decodeURIComponent(found.slice(name.length + 1)) : null;
  }

  /**
   * @param {string} name
   * @param {string} value
   */
  function writeCookie(name, value) {
    document.cookie = name + '=' + encodeURIComponent(value) + '; Max-Age=' + monthsOf13 + '; Path=/; SameSite=Lax';
  }

  /** @param {number} length */
  function randomText(length) {
    var letters = '0123456789abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ';
    return Array.prototype.map
      .call(crypto.getRandomValues(new Uint8Array(length)), function (byte) {
        return letters[byte % letters.length];
      })
      .join('');
  }
})();
