/**
 * Keys of patients: everything in the ledger that could identify a patient is sealed with that patient's own key, so
 * that destroying the key erases the patient and leaves every hash, proof and signature valid.
 *
 * <p>Each patient has a random pseudonym, an AES-256-GCM key and an HMAC-SHA256 key. Both keys are stored wrapped by a
 * key-encryption key of an epoch; re-wrapping under a new epoch and destroying the old key makes old backups of the
 * wrapped keys worthless.
 */
@NullMarked
package org.securemed.ledger.erasure;

import org.jspecify.annotations.NullMarked;
