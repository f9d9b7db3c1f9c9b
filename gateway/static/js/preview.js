// Shows a chosen picture before it is sent: <input type="file" data-preview="id of an element">.
export function startPreviews() {
	for (const input of document.querySelectorAll('input[type="file"][data-preview]')) {
		const place = document.getElementById(input.dataset.preview);
		input.addEventListener('change', () => {
			place.replaceChildren();
			const file = input.files[0];
			if (!file || !file.type.startsWith('image/')) {
				return;
			}
			// As a data: address: the page's policy lets in no blob: addresses.
			const reader = new FileReader();
			reader.addEventListener('load', () => {
				const image = new Image();
				image.alt = '';
				image.src = reader.result;
				place.append(image);
			});
			reader.readAsDataURL(file);
		});
	}
}
