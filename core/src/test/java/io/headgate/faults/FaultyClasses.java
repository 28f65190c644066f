package io.headgate.faults;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.URL;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import org.objectweb.asm.ClassReader;
import org.objectweb.asm.ClassVisitor;
import org.objectweb.asm.ClassWriter;
import org.objectweb.asm.Handle;
import org.objectweb.asm.MethodVisitor;
import org.objectweb.asm.Opcodes;
import org.objectweb.asm.Type;

/**
 * Headgate's classes once more, with a point before everything that may allocate. Tests that work on them are loaded once
 * more, too; what is in this package is not, so that both worlds know it.
 */
public final class FaultyClasses extends ClassLoader {

    private static final String POINTS = Type.getInternalName(AllocationFaults.class);

    /** Java's methods allocate, but for these: owner and name. */
    private static final Set<String> FRUGAL = Set.of(
            "java/lang/Object.<init>",
            "java/lang/Object.getClass",
            "java/lang/Object.equals",
            "java/lang/Object.hashCode",
            "java/lang/Record.<init>",
            "java/lang/Comparable.compareTo",
            "java/lang/String.equals",
            "java/lang/String.length",
            "java/lang/String.charAt",
            "java/lang/Thread.currentThread",
            "java/lang/Thread.getId",
            "java/lang/Thread.onSpinWait",
            "java/lang/System.nanoTime",
            "java/util/Arrays.fill",
            "java/util/Objects.requireNonNull",
            "java/util/Iterator.hasNext",
            "java/util/Iterator.next",
            "java/util/List.get",
            "java/util/List.size",
            "java/util/List.clear",
            "java/util/List.indexOf",
            "java/util/ArrayList.get",
            "java/util/ArrayList.size",
            "java/util/Map.get",
            "java/util/Map.remove",
            "java/util/Map.clear",
            "java/util/concurrent/locks/ReentrantLock.unlock",
            "java/util/concurrent/locks/ReentrantLock.tryLock");

    /** Owners of which no method allocates, nor do those that look like theirs. */
    private static final Set<String> FRUGAL_OWNERS = Set.of(
            "java/lang/Math",
            "java/lang/Integer",
            "java/lang/Long",
            "java/lang/Character",
            "java/lang/Enum",
            "java/lang/invoke/VarHandle",
            "java/util/concurrent/atomic/AtomicInteger",
            "java/util/concurrent/atomic/AtomicLong",
            "java/util/concurrent/atomic/AtomicReferenceArray",
            "java/util/concurrent/atomic/AtomicReference");

    /** These may also fail once they have taken effect: a map grows after it has the entry. */
    private static final Set<String> FAIL_LATE = Set.of("put", "putIfAbsent", "merge", "computeIfAbsent");

    private final String transformed;

    /** Transforms the classes that are found below this location. */
    public FaultyClasses(URL transformed) {
        super(FaultyClasses.class.getClassLoader());
        this.transformed = transformed.toString();
    }

    @Override
    protected Class<?> loadClass(String name, boolean resolve) throws ClassNotFoundException {
        if (!name.startsWith("io.headgate.") || name.startsWith(FaultyClasses.class.getPackageName() + '.')) {
            return super.loadClass(name, resolve);
        }
        synchronized (getClassLoadingLock(name)) {
            Class<?> loaded = findLoadedClass(name);
            return loaded == null ? define(name) : loaded;
        }
    }

    private Class<?> define(String name) throws ClassNotFoundException {
        URL resource = getResource(name.replace('.', '/') + ".class");
        if (resource == null) {
            throw new ClassNotFoundException(name);
        }
        try (InputStream in = resource.openStream()) {
            byte[] bytes = in.readAllBytes();
            byte[] used = resource.toString().startsWith(transformed) ? withPoints(bytes) : bytes;
            return defineClass(name, used, 0, used.length);
        } catch (IOException e) {
            throw new UncheckedIOException(e);
        }
    }

    /** A call that takes and gives nothing needs no room on the operand stack and leaves all frames as they are. */
    private static byte[] withPoints(byte[] original) {
        ClassReader reader = new ClassReader(original);
        ClassWriter writer = new ClassWriter(reader, 0);
        reader.accept(
                new ClassVisitor(Opcodes.ASM9, writer) {
                    @Override
                    public MethodVisitor visitMethod(
                            int access,
                            String name,
                            String descriptor,
                            @Nullable String signature,
                            String @Nullable [] exceptions) {
                        return new Points(super.visitMethod(access, name, descriptor, signature, exceptions));
                    }
                },
                0);
        return writer.toByteArray();
    }

    private static final class Points extends MethodVisitor {

        Points(MethodVisitor next) {
            super(Opcodes.ASM9, next);
        }

        private void point() {
            super.visitMethodInsn(Opcodes.INVOKESTATIC, POINTS, "point", "()V", false);
        }

        @Override
        public void visitTypeInsn(int opcode, String type) {
            if (opcode == Opcodes.ANEWARRAY) {
                point();
            }
            super.visitTypeInsn(opcode, type);
            if (opcode == Opcodes.NEW) { // right after it, as a frame may tell where it is; nobody sees the difference
                point();
            }
        }

        @Override
        public void visitIntInsn(int opcode, int operand) {
            if (opcode == Opcodes.NEWARRAY) {
                point();
            }
            super.visitIntInsn(opcode, operand);
        }

        @Override
        public void visitMultiANewArrayInsn(String descriptor, int dimensions) {
            point();
            super.visitMultiANewArrayInsn(descriptor, dimensions);
        }

        @Override
        public void visitInvokeDynamicInsn(String name, String descriptor, Handle bootstrap, Object... arguments) {
            point();
            super.visitInvokeDynamicInsn(name, descriptor, bootstrap, arguments);
        }

        @Override
        public void visitMethodInsn(int opcode, String owner, String name, String descriptor, boolean isInterface) {
            boolean boxes = name.equals("valueOf");
            boolean ofJava = owner.startsWith("java/") || owner.startsWith("[");
            if (ofJava && !FRUGAL.contains(owner + '.' + name) && (boxes || !FRUGAL_OWNERS.contains(owner))) {
                point();
            }
            super.visitMethodInsn(opcode, owner, name, descriptor, isInterface);
            if (owner.startsWith("java/util/") && owner.endsWith("Map") && FAIL_LATE.contains(name)) {
                point();
            }
        }
    }
}
