// Passkeys (WebAuthn): a form with `data-passkey` gets the browser's answer in its field `credential`, and is sent.
const bytes = (text) => Uint8Array.from(atob(text.replaceAll('-', '+').replaceAll('_', '/')), (letter) => letter.codePointAt(0));

function text(buffer) {
	const letters = Array.from(new Uint8Array(buffer), (byte) => String.fromCodePoint(byte)).join('');
	return btoa(letters).replaceAll('+', '-').replaceAll('/', '_').replaceAll('=', '');
}

const known = (list) => list.map(({ id, transports }) => ({
	id: bytes(id), transports: transports.length ? transports : undefined, type: 'public-key',
}));

// What `toJSON` of newer browsers answers.
function written(credential) {
	const { response } = credential;
	const parts = ['clientDataJSON', 'attestationObject', 'authenticatorData', 'signature', 'userHandle'];
	const answer = Object.fromEntries(
		parts.filter((name) => response[name]).map((name) => [name, text(response[name])]),
	);
	if (response.getTransports) {
		answer.transports = response.getTransports();
	}
	return JSON.stringify({
		id: credential.id, rawId: text(credential.rawId), type: credential.type,
		clientExtensionResults: {}, response: answer,
	});
}

function create(asked) {
	return navigator.credentials.create({ publicKey: {
		challenge: bytes(asked.challenge),
		rp: { name: asked.site },
		user: { id: bytes(asked.user_id), name: asked.name, displayName: asked.name },
		// ES256, EdDSA and RS256.
		pubKeyCredParams: [-7, -8, -257].map((alg) => ({ type: 'public-key', alg })),
		excludeCredentials: known(asked.known),
		authenticatorSelection: { residentKey: 'discouraged', userVerification: 'discouraged' },
		attestation: 'none',
	} });
}

function get(asked) {
	return navigator.credentials.get({ publicKey: {
		challenge: bytes(asked.challenge),
		allowCredentials: known(asked.known),
		userVerification: 'discouraged',
	} });
}

export function startPasskeys() {
	for (const form of document.querySelectorAll('form[data-passkey]')) {
		const field = form.elements.credential;
		const failed = form.querySelector('[data-passkey-failed]');
		const missing = form.querySelector('[data-passkey-missing]');
		if (!globalThis.PublicKeyCredential) {
			continue;
		}
		missing.hidden = true;
		for (const button of form.querySelectorAll('[data-passkey-button]')) {
			button.hidden = false;
		}
		form.addEventListener('submit', async (event) => {
			if (field.value) {
				return;
			}
			event.preventDefault();
			failed.hidden = true;
			const asked = JSON.parse(form.elements.passkey.value);
			try {
				const credential = await (form.dataset.passkey === 'create' ? create(asked) : get(asked));
				field.value = written(credential);
			} catch {
				// Cancelled, too late, or no such passkey: browsers don't say which.
				failed.hidden = false;
				failed.focus();
				return;
			}
			form.submit();
		});
	}
}
