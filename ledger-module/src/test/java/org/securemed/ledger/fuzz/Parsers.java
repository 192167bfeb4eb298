package org.securemed.ledger.fuzz;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.security.SecureRandom;
import java.time.Instant;
import java.util.Arrays;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.erdtman.jcs.JsonCanonicalizer;
import org.securemed.ledger.checkpoint.Checkpoint;
import org.securemed.ledger.checkpoint.CosignKey;
import org.securemed.ledger.checkpoint.CosignVerifyKey;
import org.securemed.ledger.checkpoint.EntryBundle;
import org.securemed.ledger.checkpoint.InstanceCertificate;
import org.securemed.ledger.checkpoint.KeyHistory;
import org.securemed.ledger.checkpoint.NoteException;
import org.securemed.ledger.checkpoint.SignedNote;
import org.securemed.ledger.checkpoint.SigningKey;
import org.securemed.ledger.checkpoint.TilePath;
import org.securemed.ledger.checkpoint.TlogProof;
import org.securemed.ledger.checkpoint.VerifyKey;
import org.securemed.ledger.consent.Author;
import org.securemed.ledger.consent.Provision;
import org.securemed.ledger.consent.Transition;
import org.securemed.ledger.consent.TransitionException;
import org.securemed.ledger.entry.Bytes;
import org.securemed.ledger.entry.Decision;
import org.securemed.ledger.entry.Entry;
import org.securemed.ledger.entry.EntryException;
import org.securemed.ledger.entry.EntryIds;
import org.securemed.ledger.entry.Op;
import org.securemed.ledger.entry.Pseudonym;
import org.securemed.ledger.files.BlockLine;
import org.securemed.ledger.log.Block;
import org.securemed.ledger.merkle.Frontier;
import org.securemed.ledger.merkle.Hash;
import org.securemed.ledger.merkle.ProofException;
import org.securemed.ledger.merkle.Tile;
import org.securemed.ledger.merkle.TreeHash;
import org.securemed.ledger.policy.PolicyException;
import org.securemed.ledger.policy.TrustPolicy;
import org.securemed.ledger.policy.Witness;
import org.securemed.ledger.witness.WitnessRequest;

/**
 * What reads bytes of strangers, and what must hold of it: a parser answers with its own exception and no other, and
 * what it accepts in one form only it gives back byte by byte.
 */
enum Parsers {
    NOTE {
        @Override
        void parse(byte[] bytes) throws NoteException {
            require(Arrays.equals(SignedNote.parse(bytes).toString().getBytes(StandardCharsets.UTF_8), bytes));
        }
    },
    CHECKPOINT {
        @Override
        void parse(byte[] bytes) throws NoteException {
            SignedNote note = SignedNote.parse(bytes);
            require(Checkpoint.claimed(note).body().equals(note.text()));
            // Nobody signs at random.
            requireRefused(() -> Checkpoint.verify(note, STRANGER));
        }
    },
    VKEY {
        @Override
        void parse(byte[] bytes) throws NoteException {
            String text = new String(bytes, StandardCharsets.UTF_8);
            try {
                require(CosignVerifyKey.parse(text).toString().equals(text));
            } catch (NoteException e) {
                require(VerifyKey.parse(text).toString().equals(text));
            }
        }
    },
    TILE_PATH {
        @Override
        void parse(byte[] bytes) throws NoteException {
            String path = new String(bytes, StandardCharsets.ISO_8859_1);
            require(TilePath.parse(path).toString().equals(path));
        }
    },
    BUNDLE {
        @Override
        void parse(byte[] bytes) throws NoteException {
            int width = bytes.length == 0 ? 1 : 1 + Byte.toUnsignedInt(bytes[0]) % 4;
            byte[] bundle = bytes.length == 0 ? bytes : Arrays.copyOfRange(bytes, 1, bytes.length);
            List<byte[]> entries = EntryBundle.parse(bundle, width);
            require(Arrays.equals(EntryBundle.of(entries), bundle));
        }
    },
    PROOF {
        @Override
        void parse(byte[] bytes) throws NoteException {
            TlogProof proof = TlogProof.parse(bytes);
            // A line of extra data is read over.
            String read = new String(bytes, StandardCharsets.UTF_8).replaceFirst("\nextra [^\n]*\n", "\n");
            require(proof.toString().equals(read));
            requireRefused(() -> proof.verify(TreeHash.leaf(bytes), STRANGER));
        }
    },
    POLICY {
        @Override
        void parse(byte[] bytes) throws PolicyException {
            TrustPolicy policy = TrustPolicy.parse(bytes);
            NaivePolicy naive = new NaivePolicy(new String(bytes, StandardCharsets.UTF_8));
            require(policy.witnesses().stream().map(Witness::name).toList().equals(naive.witnesses()));
            for (Set<String> cosigners : naive.someSubsets()) {
                require(policy.isMetBy(cosigners) == naive.isMetBy(cosigners));
            }
        }
    },
    BLOCKS {
        @Override
        void parse(byte[] bytes) throws NoteException {
            StringBuilder again = new StringBuilder();
            for (Block block : BlockLine.parse(bytes)) {
                again.append(BlockLine.of(block));
            }
            require(Arrays.equals(again.toString().getBytes(StandardCharsets.UTF_8), bytes));
        }
    },
    TILE {
        @Override
        void parse(byte[] bytes) throws NoteException {
            List<Hash> hashes;
            try {
                hashes = Tile.split(bytes);
            } catch (IllegalArgumentException e) {
                require(bytes.length % Hash.LENGTH != 0 || bytes.length > Tile.WIDTH * Hash.LENGTH);
                throw new NoteException("no tile");
            }
            require(hashes.size() * Hash.LENGTH == bytes.length);
            // What is served is what leads to the root, hash by hash.
            Frontier.Builder tree = Frontier.EMPTY.extend();
            for (int i = 0; i < hashes.size(); i++) {
                require(Arrays.equals(
                        hashes.get(i).toByteArray(),
                        Arrays.copyOfRange(bytes, i * Hash.LENGTH, (i + 1) * Hash.LENGTH)));
                tree.add(hashes.get(i));
            }
            if (hashes.size() == Tile.WIDTH) {
                require(new Tile(0, 0, hashes).root().equals(tree.root()));
                require(Arrays.equals(new Tile(3, 9, hashes).toByteArray(), bytes));
            }
        }
    },
    WITNESS_REQUEST {
        @Override
        void parse(byte[] bytes) throws NoteException {
            require(Arrays.equals(WitnessRequest.parse(bytes).toString().getBytes(StandardCharsets.UTF_8), bytes));
        }
    },
    TRANSITION {
        @Override
        void parse(byte[] bytes) throws NoteException {
            try {
                require(Arrays.equals(Transition.parse(bytes).canonicalBytes(), bytes));
            } catch (TransitionException e) {
                throw new NoteException("no transition");
            }
        }
    },
    KEY_STATEMENT {
        @Override
        void parse(byte[] bytes) throws NoteException {
            String statement = new String(bytes, StandardCharsets.UTF_8);
            KeyHistory.concerns(statement);
            new KeyHistory(STRANGER).learn(7, statement);
            throw new AssertionError("a stranger certified a key");
        }
    },
    ENTRY {
        @Override
        void parse(byte[] bytes) throws EntryException {
            // Stored bytes count, not their form: but another's canonicaliser must find in them what we read, all of
            // it and nothing else.
            Entry entry = Entry.parse(bytes);
            require(bytes.length <= Entry.MAX_BYTES);
            require(Arrays.equals(canonical(bytes), entry.toJson()));
            require(Entry.parse(entry.toJson()).equals(entry));
        }
    };

    private static final VerifyKey STRANGER =
            SigningKey.generate("log.example/one", new SecureRandom()).verifyKey();

    private static final Map<Parsers, List<byte[]>> SAMPLES = samples();

    /** Reads bytes, and asserts what must hold if they are accepted. */
    abstract void parse(byte[] bytes) throws NoteException, PolicyException, EntryException;

    /** Whether these bytes are accepted. */
    final boolean accepts(byte[] bytes) {
        try {
            parse(bytes);
            return true;
        } catch (NoteException | PolicyException | EntryException e) {
            return false;
        }
    }

    /** Bytes to begin from, most of them valid. */
    List<byte[]> beginnings() {
        return SAMPLES.getOrDefault(this, List.of());
    }

    private static Map<Parsers, List<byte[]>> samples() {
        SecureRandom random = new SecureRandom();
        SigningKey log = SigningKey.generate("log.example/one", random);
        SigningKey instance = SigningKey.generate("server-1", random);
        CosignKey pq = CosignKey.generate("log.example/one/pq", random);
        Checkpoint checkpoint = new Checkpoint("log.example/one", 259, TreeHash.EMPTY_ROOT);
        SignedNote note = checkpoint.sign(log);
        SignedNote cosigned = note.with(pq.cosign(checkpoint, Instant.ofEpochSecond(1_794_000_000)));
        TlogProof proof = new TlogProof(258, List.of(TreeHash.EMPTY_ROOT, TreeHash.leaf(new byte[] {1})), note);
        CosignVerifyKey witness =
                CosignVerifyKey.ed25519("w.example", instance.verifyKey().publicKey());
        String policy = "log %s https://log.example/\nwitness A %s\nwitness B %s\ngroup G any A B\n# c\nquorum G\n"
                .formatted(log.verifyKey(), witness, pq.verifyKey());
        byte[] bundle = EntryBundle.of(List.of(new byte[] {1, 2, 3}, new byte[0]));
        byte[] prefixed = new byte[bundle.length + 1];
        prefixed[0] = 1;
        System.arraycopy(bundle, 0, prefixed, 1, bundle.length);
        Block block = new Block(
                3,
                200,
                59,
                TreeHash.EMPTY_ROOT,
                TreeHash.EMPTY_ROOT,
                "server-1",
                Hash.of(new byte[32]),
                Bytes.of(new byte[64]),
                1_794_000_000_000L);
        Instant now = Instant.ofEpochMilli(1_794_000_000_000L);
        Entry entry = Entry.builder(EntryIds.next(now), now, "server-1", Op.READ)
                .actor("someone")
                .status(200)
                .build();
        Map<Parsers, List<byte[]>> samples = new EnumMap<>(Parsers.class);
        samples.put(NOTE, List.of(utf8(note), utf8(cosigned)));
        samples.put(CHECKPOINT, List.of(utf8(note), utf8(cosigned)));
        samples.put(VKEY, List.of(utf8(log.verifyKey()), utf8(pq.verifyKey()), utf8(witness)));
        samples.put(TILE_PATH, List.of(utf8("tile/0/x001/234.p/17"), utf8("tile/entries/000"), utf8("tile/7/255")));
        samples.put(BUNDLE, List.of(prefixed));
        samples.put(PROOF, List.of(utf8(proof)));
        samples.put(POLICY, List.of(utf8(policy), utf8("quorum none\n")));
        samples.put(BLOCKS, List.of(utf8(BlockLine.of(block) + BlockLine.of(block))));
        samples.put(
                KEY_STATEMENT,
                List.of(utf8(new InstanceCertificate("log.example/one", instance.verifyKey()).sign(log))));
        samples.put(ENTRY, List.of(entry.toJson(), full(now).toJson()));
        samples.put(TILE, List.of(new byte[0], new byte[Hash.LENGTH * 3], new byte[Hash.LENGTH * Tile.WIDTH]));
        samples.put(WITNESS_REQUEST, List.of(utf8(new WitnessRequest(258, proof.path(), cosigned))));
        samples.put(
                TRANSITION,
                transitions(now).stream().map(Transition::canonicalBytes).toList());
        return samples;
    }

    /** An entry with every member. */
    private static Entry full(Instant now) {
        return Entry.builder(EntryIds.next(now), now, "server-1", Op.SEARCH)
                .actor("Zo\u00eb \"of\" \u4e2d\ud83d\ude00")
                .role("physician")
                .purpose("TREAT")
                .resourceType("Observation")
                .patient(new Pseudonym(1, 2))
                .resourceCommitment(Bytes.of(new byte[32]))
                .searchCommitment(Bytes.of(new byte[] {-1, 2, 3}))
                .decision(new Decision("permit", "treat", "securemed-consent/1", List.of(3L, 5L)))
                .outcome(4)
                .status(404)
                .request("r-1")
                .previous(7L)
                .sealed(Bytes.of(new byte[40]))
                .statement("one\ntwo")
                .build();
    }

    private static List<Transition> transitions(Instant now) {
        Author patient = Author.patient("Patient/1", "session");
        Provision provision = Provision.permit().build();
        return List.of(
                new Transition.Grant("t1", "Patient/1", patient, now, "c1", 1, "https://policy.example", provision),
                new Transition.Revoke("t2", "Patient/1", patient, now, "c1", 2),
                new Transition.Expire("t3", "Patient/1", Author.custodian("Device/x", "job"), now, "c1", 3),
                new Transition.BreakGlass(
                        "t4", "Patient/1", Author.user("Practitioner/1", "s"), now, "Because.", now.plusSeconds(60)));
    }

    private static byte[] canonical(byte[] json) {
        try {
            return new JsonCanonicalizer(json).getEncodedUTF8();
        } catch (IOException e) {
            throw new AssertionError("what was accepted is no JSON to others", e);
        }
    }

    private static byte[] utf8(Object text) {
        return text.toString().getBytes(StandardCharsets.UTF_8);
    }

    private static void require(boolean condition) {
        if (!condition) {
            throw new AssertionError("what was accepted does not read back as it was");
        }
    }

    private static void requireRefused(Verification verification) {
        try {
            verification.run();
        } catch (NoteException | ProofException e) {
            return;
        }
        throw new AssertionError("a signature that nobody made");
    }

    private interface Verification {
        void run() throws NoteException, ProofException;
    }
}
