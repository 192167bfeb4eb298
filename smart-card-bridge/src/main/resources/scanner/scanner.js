'use strict';

// Reads codes: a frame of the camera goes to /scan every now and then until one can be read. The access token is in this
// variable only; what it takes to get one is in the session's storage while its user is away logging in.
(() => {
  const settings = document.body.dataset;
  const element = id => document.getElementById(id);
  const PAUSE = 300;
  const WIDEST = 1280;
  const KINDS = {
    'gs1': 'GS1 code', 'health-card': 'Health card', 'health-link': 'Health link', 'check-in': 'Check-in code',
    'other': 'Code',
  };
  const GSRN = '8018';
  let token = null;
  let stream = null;
  let scanning = false;

  function say(text, bad) {
    element('notice').textContent = text || '';
    element('notice').hidden = !text;
    element('notice').classList.toggle('error', Boolean(bad));
  }

  function show(id) {
    for (const other of ['log-in', 'camera', 'result']) {
      element(other).hidden = other !== id;
    }
  }

  // Log-in: SMART App Launch, standalone, with PKCE.

  const base64url = bytes => btoa(String.fromCharCode(...new Uint8Array(bytes)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');
  const random = () => base64url(crypto.getRandomValues(new Uint8Array(32)));
  const here = () => location.origin + location.pathname;

  async function logIn() {
    const state = random();
    const verifier = random();
    const challenge = base64url(await crypto.subtle.digest('SHA-256', new TextEncoder().encode(verifier)));
    sessionStorage.setItem('log-in', JSON.stringify({ state, verifier }));
    location.assign(settings.issuer + '/oauth2/authorize?' + new URLSearchParams({
      response_type: 'code', client_id: settings.client, redirect_uri: here(), scope: 'openid fhirUser user/Patient.rs',
      state, aud: settings.audience, code_challenge: challenge, code_challenge_method: 'S256',
    }));
  }

  async function cameBack() {
    const query = new URLSearchParams(location.search);
    const asked = JSON.parse(sessionStorage.getItem('log-in') || 'null');
    sessionStorage.removeItem('log-in');
    history.replaceState(null, '', location.pathname);
    if (!query.has('code') || !asked || query.get('state') !== asked.state
      || (query.has('iss') && query.get('iss') !== settings.issuer)) {
      throw new Error('You are not logged in.');
    }
    const answer = await fetch(settings.issuer + '/oauth2/token', {
      method: 'POST',
      credentials: 'omit',
      body: new URLSearchParams({
        grant_type: 'authorization_code', code: query.get('code'), redirect_uri: here(), client_id: settings.client,
        code_verifier: asked.verifier,
      }),
    });
    if (!answer.ok) {
      throw new Error('The log-in failed.');
    }
    token = (await answer.json()).access_token;
  }

  // Scanning.

  async function start() {
    say('');
    show('camera');
    try {
      stream = await navigator.mediaDevices.getUserMedia({
        audio: false, video: { facingMode: 'environment', width: { ideal: WIDEST } },
      });
      element('video').srcObject = stream;
      await element('video').play();
    } catch (failure) {
      say('There is no camera that this page may use. Choose a picture instead.');
      return;
    }
    scanning = true;
    while (scanning) {
      const frame = await grab();
      if (frame && scanning) {
        await scan(frame, false);
      }
      await new Promise(done => setTimeout(done, PAUSE));
    }
  }

  function stop() {
    scanning = false;
    if (stream) {
      stream.getTracks().forEach(track => track.stop());
      stream = null;
    }
  }

  function grab() {
    const video = element('video');
    if (!video.videoWidth) {
      return null;
    }
    const scale = Math.min(1, WIDEST / video.videoWidth);
    const canvas = document.createElement('canvas');
    canvas.width = Math.round(video.videoWidth * scale);
    canvas.height = Math.round(video.videoHeight * scale);
    canvas.getContext('2d').drawImage(video, 0, 0, canvas.width, canvas.height);
    return new Promise(done => canvas.toBlob(done, 'image/jpeg', 0.9));
  }

  async function scan(picture, chosen) {
    let answer;
    try {
      answer = await send('/scan', picture.type, picture);
    } catch (failure) {
      say('The server does not answer.', true);
      return;
    }
    if (answer.status === 200) {
      stop();
      say('');
      await tell(answer.body);
    } else if (answer.status === 401) {
      expired();
    } else if (chosen || !['code-missing', 'busy'].some(code => String(answer.body.type).endsWith(':' + code))) {
      say(answer.body.detail || 'The picture could not be read.', true);
    }
  }

  async function send(path, type, body) {
    const answer = await fetch(path.slice(1), {
      method: 'POST', credentials: 'omit', headers: { 'Authorization': 'Bearer ' + token, 'Content-Type': type }, body,
    });
    return { status: answer.status, body: await answer.json() };
  }

  function expired() {
    stop();
    token = null;
    show('log-in');
    say('Your log-in has ended.');
  }

  // What it says, and what the bridge makes of that.

  async function tell(code) {
    element('kind').textContent = KINDS[code.kind] || KINDS.other;
    element('facts').replaceChildren();
    for (const [name, value] of [
      ['Product', code.gtin], ['Serial number', code.serial], ['Batch', code.batch], ['Use until', code.expiry],
    ]) {
      fact(name, value);
    }
    if (code.kind === 'other' || code.kind === 'health-link') {
      fact('Text', code.text);
    }
    show('result');
    if (code.kind === 'check-in') {
      await ask('/check-in', { code: code.text }, patient);
    } else if (code.kind === 'gs1' && code.elements[GSRN]) {
      fact('Wristband', code.elements[GSRN]);
      await ask('/wristband', { text: ']Q3' + GSRN + code.elements[GSRN] }, patient);
    } else if (code.kind === 'health-card') {
      await ask('/health-cards/verify', { codes: [code.text] }, verified);
    }
  }

  // The patient's name and birth date, to be asked for: if this page's user may see them.
  async function patient(found) {
    fact('Patient', found.patient);
    if (!/^Patient\/[A-Za-z0-9.-]{1,64}$/.test(found.patient)) {
      return;
    }
    try {
      const answer = await fetch(settings.audience + '/' + found.patient, {
        credentials: 'omit', headers: { 'Authorization': 'Bearer ' + token, 'Accept': 'application/fhir+json' },
      });
      if (answer.ok) {
        const record = await answer.json();
        const name = (record.name || [])[0] || {};
        fact('Name', name.text || [...(name.given || []), name.family].filter(Boolean).join(' '));
        fact('Born', record.birthDate);
      }
    } catch (failure) {
      // What this user may not see is not shown.
    }
  }

  function verified(card) {
    for (const [name, value] of Object.entries(card)) {
      if (typeof value !== 'object') {
        fact(name, value);
      }
    }
  }

  async function ask(path, body, found) {
    let answer;
    try {
      answer = await send(path, 'application/json', JSON.stringify(body));
    } catch (failure) {
      say('The server does not answer.', true);
      return;
    }
    if (answer.status === 200) {
      await found(answer.body);
    } else if (answer.status === 401) {
      expired();
    } else {
      say(answer.body.detail || 'The code was refused.', true);
    }
  }

  function fact(name, value) {
    if (value === undefined || value === null || value === '') {
      return;
    }
    const term = document.createElement('dt');
    const definition = document.createElement('dd');
    term.textContent = name;
    definition.textContent = String(value);
    element('facts').append(term, definition);
  }

  element('log-in').addEventListener('click', logIn);
  element('next').addEventListener('click', start);
  element('picture').addEventListener('change', async event => {
    const [file] = event.target.files;
    event.target.value = '';
    if (file) {
      await scan(file, true);
    }
  });
  window.addEventListener('pagehide', stop);

  if (new URLSearchParams(location.search).has('state')) {
    cameBack().then(start, failure => {
      say(failure.message, true);
      show('log-in');
    });
  } else {
    show('log-in');
  }
})();
