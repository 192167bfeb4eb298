package org.securemed.card.healthcard;

import java.io.IOException;

/** Where what an issuer publishes comes from. Whoever calls has made sure that the issuer is trusted. */
interface IssuerDocuments {
    /**
     * A document.
     *
     * @param url https
     * @return its bytes, of a bounded size
     * @throws IOException if it cannot be had now, or may not be asked for
     */
    byte[] fetch(String url) throws IOException;
}
