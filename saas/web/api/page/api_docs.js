"use strict";
addEventListener("DOMContentLoaded", () => {
  const place = document.getElementById("documents");
  SwaggerUIBundle({
    url: place.dataset.contract,
    domNode: place,
    deepLinking: true,
    validatorUrl: null,
    persistAuthorization: false,
    presets: [SwaggerUIBundle.presets.apis],
  });
});
