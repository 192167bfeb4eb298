// Passkeys: asks this server for a challenge, the browser for an answer to it, and brings the answer back.
'use strict';
(() => {
  const octets = text => Uint8Array.from(
    atob(text.replace(/-/g, '+').replace(/_/g, '/')), letter => letter.charCodeAt(0)).buffer;
  const text = buffer => btoa(String.fromCharCode(...new Uint8Array(buffer)))
    .replace(/\+/g, '-').replace(/\//g, '_').replace(/=+$/, '');

  const send = async (button, path, body, method = 'POST') => {
    const answer = await fetch(path, {
      method,
      headers: {'Content-Type': 'application/json', [button.dataset.csrfHeader]: button.dataset.csrf},
      body: body === undefined ? undefined : JSON.stringify(body),
    });
    if (!answer.ok) {
      throw new Error('refused ' + answer.status);
    }
    return answer.status === 204 ? null : answer.json();
  };

  const withIds = list => (list || []).map(one => ({...one, id: octets(one.id)}));

  const logIn = async button => {
    const options = await send(button, '/webauthn/authenticate/options');
    const found = await navigator.credentials.get({publicKey: {
      ...options,
      challenge: octets(options.challenge),
      allowCredentials: withIds(options.allowCredentials),
    }});
    const answer = found.response;
    const done = await send(button, '/login/webauthn', {
      id: found.id,
      rawId: text(found.rawId),
      response: {
        authenticatorData: text(answer.authenticatorData),
        clientDataJSON: text(answer.clientDataJSON),
        signature: text(answer.signature),
        userHandle: answer.userHandle ? text(answer.userHandle) : undefined,
      },
      credType: found.type,
      clientExtensionResults: found.getClientExtensionResults(),
      authenticatorAttachment: found.authenticatorAttachment,
    });
    location.href = done.redirectUrl;
  };

  const enrol = async button => {
    const options = await send(button, '/webauthn/register/options');
    const made = await navigator.credentials.create({publicKey: {
      ...options,
      challenge: octets(options.challenge),
      user: {...options.user, id: octets(options.user.id)},
      excludeCredentials: withIds(options.excludeCredentials),
    }});
    const answer = made.response;
    await send(button, '/webauthn/register', {publicKey: {
      credential: {
        id: made.id,
        rawId: text(made.rawId),
        response: {
          attestationObject: text(answer.attestationObject),
          clientDataJSON: text(answer.clientDataJSON),
          transports: answer.getTransports ? answer.getTransports() : [],
        },
        type: made.type,
        clientExtensionResults: made.getClientExtensionResults(),
        authenticatorAttachment: made.authenticatorAttachment,
      },
      label: document.getElementById('label').value,
    }});
    location.reload();
  };

  const remove = async button => {
    await send(button, '/webauthn/register/' + button.dataset.id, undefined, 'DELETE');
    location.reload();
  };

  const onClick = (button, act) => button.addEventListener('click', async () => {
    const failed = document.getElementById('passkey-failed');
    failed.hidden = true;
    button.disabled = true;
    try {
      await act(button);
    } catch (reason) {
      failed.hidden = false;
      button.disabled = false;
    }
  });

  document.addEventListener('DOMContentLoaded', () => {
    const passkey = document.getElementById('passkey');
    if (passkey && window.PublicKeyCredential) {
      passkey.hidden = false;
      onClick(passkey, logIn);
    }
    const enrolment = document.getElementById('enrol');
    if (enrolment) {
      onClick(enrolment, enrol);
    }
    document.querySelectorAll('button.remove').forEach(button => onClick(button, remove));
  });
})();
