/**
 * SMART Health Links: what a patient shares by a link, encrypted, limited and revocable.
 *
 * @see <a href="https://docs.smarthealthit.org/smart-health-links/spec">SMART Health Links</a>
 */
@NullMarked
package org.securemed.card.healthlink;

import org.jspecify.annotations.NullMarked;
